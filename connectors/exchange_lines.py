"""One line of the exchange format: a fact, or why it is none.

What can be wrong is found here and nowhere else: a value of a wrong type is left out with a WARNING and
kept as raw, a fact without what it needs to be one is refused with an ERROR.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Any, TypeGuard

import orjson

from graph.facts import (
    KEYS,
    LINK_KEYS,
    Fact,
    Finding,
    Key,
    Kind,
    Link,
    Place,
    Severity,
    Shape,
    Thing,
    as_instant,
    check_value,
    is_id,
)

LONGEST_NAME = 2_000
"""Characters of what is searched, sorted or compared: longer ones no engine keeps in an index."""
_INDEXED = frozenset({"name", "code", "uscc", "short_name", "aliases", "job"})

MOST_UNKNOWN = 1_000
"""Different unknown keys that are counted apart."""
_SHOWN = 200
"""Characters of a refused value that a finding shows."""

LINKS: Mapping[str, tuple[str, str, str]] = {
    "feeds": ("FEEDS", "from", "to"),
    "reads": ("READS", "resource", "system"),
}
"""Flow, key of the start and key of the end of each fact about a flow."""

STATED_BY = "stated_by"
"""Who states an element's fact: there `source` is the department that the element comes from."""


@dataclass(slots=True)
class _Form:
    """What the lines of one `fact` may hold."""

    keys: Mapping[str, Key]
    texts: frozenset[str]
    stater: str
    skip: frozenset[str]
    kind: Kind | None = None
    flow: tuple[str, str, str] | None = None


def _form(keys: Mapping[str, Key], identity: tuple[str, ...], stater: str, **what: Any) -> _Form:
    texts = frozenset(name for name, key in keys.items() if key.shape is Shape.TEXT and name not in _INDEXED)
    return _Form(keys, texts, stater, frozenset({"fact", stater, *identity}), **what)


_FORMS: dict[str, _Form] = {
    kind.value: _form(keys, ("id",), STATED_BY if "source" in keys else "source", kind=kind)
    for kind, keys in KEYS.items()
} | {fact: _form(LINK_KEYS[flow[0]], flow[1:], "source", flow=flow) for fact, flow in LINKS.items()}


class Reader:
    """Makes facts of the lines of one file, and findings of what is wrong with them (`findings`, to be emptied)."""

    def __init__(self, file: str, zone: tzinfo) -> None:
        self.file = file
        self.zone = zone
        self.findings: list[Finding] = []
        self._unknown: dict[tuple[str, str], list[int]] = {}
        self._instant: Callable[[str], int] = lru_cache(4096)(lambda text: as_instant(text, zone))

    def fact(self, row: int, line: bytes) -> Fact | None:
        """The fact of a line; `None` for an empty one, and for one that is no fact (then there is a finding)."""
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if line.strip():
                self._no_json(row, line, error)
            return None
        if record.__class__ is not dict:
            self._refuse(row, "NOT_AN_OBJECT", "a line must be one JSON object", line)
            return None
        # What orjson reads has lost a repeated key, so the rare lines that may hold one are read once more.
        if _may_repeat(line, len(record)) and self._repeats(row, line):
            return None
        word = record.get("fact")
        form = _FORMS.get(word) if word.__class__ is str else None
        if form is None:
            said = f"there is no fact {_short(word)}" if word is not None else "the line has no fact"
            self._refuse(row, "UNKNOWN_FACT", f"{said}; it must be one of {', '.join(_FORMS)}", line)
            return None
        if form.flow is not None:
            return self._link(row, form, form.flow, record)
        return self._thing(row, form, record)

    def too_long(self, row: int, most: int) -> None:
        """A line that was skipped for its length."""
        self._refuse(row, "LINE_TOO_LONG", f"the line is longer than {most:,} bytes, so it can be no fact", b"")

    def unknown_keys(self) -> Iterator[Finding]:
        """One finding for each key that the format does not know, once the file is read."""
        for (word, name), (count, row) in self._unknown.items():
            yield Finding(
                "UNKNOWN_KEY",
                Severity.INFO,
                Place(self.file, "", row, name),
                f"the format has no key {_short(name)} in a {word}; seen {count:,} times, first here",
                "kept under extra",
                _short(name),
            )

    def _thing(self, row: int, form: _Form, record: dict[str, Any]) -> Thing | None:
        id = record.get("id")
        if not _id(id):
            self._bad_id(row, form, "id", record)
            return None
        values, extra, raw = self._values(row, form, record, id)
        since, until = values.get("valid_from"), values.get("valid_to")
        if since is not None and until is not None and since >= until:
            self._bad_interval(row, record, (id,))
            return None
        assert form.kind is not None
        place = Place(self.file, "", row)
        return Thing(form.kind, id, values, place, self._stater(row, form, record), raw, extra)

    def _link(self, row: int, form: _Form, flow: tuple[str, str, str], record: dict[str, Any]) -> Link | None:
        start, end = record.get(flow[1]), record.get(flow[2])
        if not _id(start):
            self._bad_id(row, form, flow[1], record)
            return None
        if not _id(end):
            self._bad_id(row, form, flow[2], record)
            return None
        before = len(self.findings)
        values, extra, raw = self._values(row, form, record, start)
        if not raw.keys().isdisjoint(_LINK_IS):
            # Without them nobody knows which link it is, or when.
            del self.findings[before:]
            names = ", ".join(sorted(raw.keys() & _LINK_IS))
            self._refuse(row, "BAD_VALUE", f"{names} cannot be read, and a link is nothing without", record)
            return None
        since, until = values.get("valid_from"), values.get("valid_to")
        if since is not None and until is not None and since >= until:
            self._bad_interval(row, record, (start, end))
            return None
        place = Place(self.file, "", row)
        return Link(flow[0], start, end, values, place, self._stater(row, form, record), extra)

    def _values(
        self, row: int, form: _Form, record: dict[str, Any], id: str
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The known keys' values as they are stored, the unknown keys, and the values that were refused."""
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        raw: dict[str, Any] = {}
        texts, skip, keys = form.texts, form.skip, form.keys
        for name, value in record.items():
            if name in skip:
                continue
            if value.__class__ is str and name in texts:
                values[name] = value
                continue
            key = keys.get(name)
            if key is None:
                self._note_unknown(row, record["fact"], name)
                taken, wrong = value, _too_deep(value)
            else:
                taken, wrong = self._check(name, key, value)
            if wrong is not None:
                self._bad_value(row, name, value, wrong, id)
                raw[name] = _short(value)
            elif key is None:
                extra[name] = taken
            else:
                values[name] = taken
        return values, extra, raw

    def _check(self, name: str, key: Key, value: Any) -> tuple[Any, str | None]:
        shape = key.shape
        if value.__class__ is str:
            if shape is Shape.REFERENCE and _id(value):
                return value, None
            if shape is Shape.TIME:
                try:
                    return self._instant(value), None
                except (ValueError, OverflowError):
                    pass
            elif name in _INDEXED and len(value) <= LONGEST_NAME and shape is Shape.TEXT:
                return value, None
        taken, wrong = check_value(key, value, self.zone)
        if wrong is None and name in _INDEXED and _longest(taken) > LONGEST_NAME:
            return None, f"must not be longer than {LONGEST_NAME:,} characters"
        if wrong is None and shape is Shape.OBJECT:
            wrong = _too_deep(value)
        return taken, wrong

    def _stater(self, row: int, form: _Form, record: dict[str, Any]) -> str | None:
        source = record.get(form.stater)
        if source is None or _id(source):
            return source
        self._bad_value(row, form.stater, source, "must be a text of 1–300 characters", None)
        return None

    def _note_unknown(self, row: int, word: str, name: str) -> None:
        seen = self._unknown.get((word, name))
        if seen is not None:
            seen[0] += 1
        elif len(self._unknown) < MOST_UNKNOWN:
            self._unknown[word, name] = [1, row]

    def _no_json(self, row: int, line: bytes, error: orjson.JSONDecodeError) -> None:
        try:
            line.decode()
        except UnicodeDecodeError as broken:
            self._refuse(row, "BROKEN_UTF8", f"byte {broken.start + 1} of the line is not UTF-8", line)
            return
        self._refuse(row, "NOT_JSON", f"the line is not JSON: {error.msg} (character {error.pos + 1})", line)

    def _repeats(self, row: int, line: bytes) -> bool:
        """Whether the line is refused for a key that one of its objects holds twice."""
        try:
            json.loads(line, object_pairs_hook=_distinct)
        except _RepeatedError as error:
            key = _short(error.key)
            message = f"one object holds the key {key} more than once: nobody knows which one is meant"
            self._refuse(row, "DUPLICATE_KEY", message, line, key)
            return True
        except RecursionError:
            self._refuse(row, "NOT_JSON", "the line is nested too deeply", line)
            return True
        return False

    def _bad_id(self, row: int, form: _Form, name: str, record: dict[str, Any]) -> None:
        value = record.get(name)
        said = f"{record['fact']} has no {name}" if value is None else f"{name} cannot be an id"
        if isinstance(value, str):
            said += f" ({len(value):,} characters)"
        message = f"{said}: it must be a text of 1–300 characters without control characters"
        self._refuse(row, "BAD_ID", message, record if value is None else value, name)

    def _bad_interval(self, row: int, record: dict[str, Any], ids: tuple[str, ...]) -> None:
        since, until = record.get("valid_from"), record.get("valid_to")
        message = f"valid_from {since} is not before valid_to {until}: it would never be in force"
        self._refuse(row, "BAD_INTERVAL", message, record, "valid_to", ids)

    def _bad_value(self, row: int, name: str, value: Any, wrong: str, id: str | None) -> None:
        self.findings.append(
            Finding(
                "BAD_VALUE",
                Severity.WARNING,
                Place(self.file, "", row, name[:_SHOWN]),
                f"{name[:_SHOWN]} {wrong}",
                "the value was not taken, the rest of the fact was",
                _short(value),
                () if id is None else (id,),
            )
        )

    def _refuse(
        self, row: int, code: str, message: str, value: Any, column: str = "", ids: tuple[str, ...] = ()
    ) -> None:
        place = Place(self.file, "", row, column)
        self.findings.append(Finding(code, Severity.ERROR, place, message, "not taken", _short(value), ids))


_LINK_IS = frozenset({"job", "valid_from", "valid_to"})


class _RepeatedError(Exception):
    """An object holds a key more than once."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _may_repeat(line: bytes, keys: int) -> bool:
    """Whether a line whose object has so many different keys may hold one twice; cheap, and wrong only by yes."""
    return line.count(b'":') > keys or b'" ' in line or b'"\t' in line or b'"\r' in line


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise _RepeatedError(key)
        seen.add(key)


def _id(value: Any) -> TypeGuard[str]:
    """`is_id`, quick for the usual ones."""
    if value.__class__ is str and value.isprintable() and 0 < len(value) <= 300:
        return True
    return is_id(value)


def _longest(value: Any) -> int:
    if isinstance(value, list):
        return max((len(item) for item in value), default=0)
    return len(value) if isinstance(value, str) else 0


def _too_deep(value: Any) -> str | None:
    """What is wrong with a value that is nested deeper than JSON is written here (some 250 levels)."""
    if value.__class__ in (dict, list):
        try:
            orjson.dumps([[[[[[value]]]]]])
        except orjson.JSONEncodeError:
            return "is nested too deeply"
    return None


def _short(value: Any) -> str:
    """A value as a finding shows it: its beginning, with no character that a terminal would act on."""
    if isinstance(value, bytes):
        text = value[: 4 * _SHOWN].decode(errors="replace").strip()
    elif isinstance(value, str):
        text = value
    else:
        try:
            text = orjson.dumps(value).decode()
        except orjson.JSONEncodeError:
            text = f"a {type(value).__name__} nested too deeply"
    if len(text) > _SHOWN:
        text = text[:_SHOWN] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)

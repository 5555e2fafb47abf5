"""The words of catalogue workbooks: `words.toml` beside this module, and a city's own file laid over it."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from connectors.codes import CODE_SCHEMES
from connectors.normalise import base_type, key, parts
from graph.facts import is_placeholder

BUILT_IN = Path(__file__).with_name("words.toml")

_LISTS = ("placeholders", "directions", "doubtful_systems", "login_words", "yes", "no")
_TABLES = (
    "share_types",
    "formats",
    "format_categories",
    "format_types",
    "format_kinds",
    "data_types",
    "update_cycles",
    "update_cycles_loose",
    "reach",
    "networks",
)
_METHODS = ("PLATFORM", "OFFLINE")
_REMEMBERED = 100_000


class WordsError(ValueError):
    """A file of words that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """What an update cycle's text is taken as; `listed` says whether it is a word of the list."""

    value: str | None
    listed: bool


class Words:
    """Look-ups over the tables. Every look-up takes the cell's text and gives None when the text is no word."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._said: dict[str | None, bool] = {}
        self._placeholders = frozenset(key(word) for word in tables["placeholders"])
        self._directions = frozenset(key(word) for word in tables["directions"])
        self._doubtful = tuple(key(word) for word in tables["doubtful_systems"])
        self._login = tuple(word.casefold() for word in tables["login_words"])
        self._yes, self._no = _keys(tables["yes"]), _keys(tables["no"])
        self._share_types = _turned(tables["share_types"])
        self._phrases = [(tuple(rule["holds"]), rule["suggests"] or None) for rule in tables["share_phrases"]]
        self._methods = _methods(tables["share_methods"])
        self._formats = Formats(tables)
        self._data_types = {base_type(word): letter for letter, words in tables["data_types"].items() for word in words}
        self._cycles = _turned(tables["update_cycles"])
        self._loose_cycles = _turned(tables["update_cycles_loose"])
        self._reach, self._networks = _turned(tables["reach"]), _turned(tables["networks"])
        self.code_schemes = _schemes(tables["code_schemes"])

    @property
    def formats(self) -> "Formats":
        return self._formats

    def says_nothing(self, text: str | None) -> bool:
        """Whether a text is a placeholder, by the catalogue's own words or the city's."""
        known = self._said.get(text)
        if known is None:
            known = is_placeholder(text) or (text is not None and key(text) in self._placeholders)
            if len(self._said) < _REMEMBERED:
                self._said[text] = known
        return known

    def is_direction(self, text: str) -> bool:
        return key(text) in self._directions

    def is_doubtful_system(self, name: str) -> bool:
        return any(word in key(name) for word in self._doubtful)

    def holds_login(self, address: str) -> bool:
        return any(word in address.casefold() for word in self._login)

    def truth(self, text: str) -> bool | None:
        if key(text) in self._yes:
            return True
        return False if key(text) in self._no else None

    def share_type(self, text: str) -> str | None:
        return self._share_types.get(key(text))

    def suggested_share_type(self, text: str | None) -> str | None:
        """What a free text on the conditions of sharing suggests: the first phrase found in it."""
        if text is None or self.says_nothing(text):
            return None
        return next((suggests for holds, suggests in self._phrases if any(word in text for word in holds)), None)

    def share_methods(self, text: str) -> tuple[list[str], list[str]]:
        """The methods that a cell lists, and its words that are none; a category alone stands for itself."""
        found: list[str] = []
        unknown: list[str] = []
        for word in _finest(text, self._methods):
            method = self._methods.get(key(word))
            (unknown if method is None else found).append(method or word)
        finer = [method for method in found if method not in _METHODS]
        return list(dict.fromkeys(finer or found)), unknown

    def data_type(self, text: str) -> str | None:
        return self._data_types.get(base_type(text))

    def update_cycle(self, text: str) -> Cycle:
        word = key(text)
        if word in self._cycles:
            return Cycle(self._cycles[word], True)
        if self.says_nothing(text):
            return Cycle(None, False)
        return Cycle(self._loose_cycles.get(word, "OTHER"), False)

    def reach(self, text: str) -> str | None:
        return self._reach.get(key(text))

    def networks(self, text: str) -> list[str]:
        """The networks that a cell lists; a word that is none stays as it is."""
        return [self._networks.get(key(word), word) for word in parts(text) if not self.says_nothing(word)]


class Formats:
    """Format categories and their types."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._types = {category: frozenset(types) for category, types in tables["formats"].items()}
        self._categories = {key(category): category for category in self._types} | _turned(tables["format_categories"])
        self._names = {key(name): name for types in tables["formats"].values() for name in types}
        self._names |= _turned(tables["format_types"])
        self._files = frozenset(tables["format_kinds"]["files"])

    def category(self, text: str) -> str | None:
        return self._categories.get(key(text))

    def type(self, text: str) -> str | None:
        return self._names.get(key(text))

    def belongs(self, name: str, category: str) -> bool:
        """Whether a type is one of a category; a category without a list has every type."""
        return category not in self._types or name in self._types[category]

    def category_of(self, name: str) -> str | None:
        """The first category that has the type."""
        return next((category for category, types in self._types.items() if name in types), None)

    def is_file(self, category: str | None) -> bool:
        return category in self._files

    def words(self, text: str) -> list[str]:
        """The words of a cell that gives category and types together, such as 数据库-mysql."""
        return _finest(text, self._categories | self._names)


def _finest(text: str, known: Mapping[str, str]) -> list[str]:
    """The words that a cell lists, one that is not known split further at / - : and spaces."""
    words: list[str] = []
    for part in parts(text):
        words += [part] if key(part) in known else re.split(r"[\s/／\-—_:：（）()]+", part)
    return [word for word in words if word]


def _keys(words: Sequence[str]) -> frozenset[str]:
    return frozenset(key(word) for word in words)


def _turned(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """From word to what it is taken as; of two entries for one word the first counts."""
    turned: dict[str, str] = {}
    for value, words in table.items():
        for word in words:
            turned.setdefault(key(word), value)
    return turned


def _methods(table: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, str]:
    turned: dict[str, str] = {}
    for category, methods in table.items():
        for method, words in methods.items():
            for word in words:
                turned.setdefault(key(word), category if method == "category" else method)
    return turned


def _schemes(added: Mapping[str, str]) -> Mapping[str, re.Pattern[str]]:
    try:
        return {name: re.compile(pattern) for name, pattern in {**CODE_SCHEMES, **added}.items()}
    except re.error as error:
        raise WordsError(f"code_schemes: not a regular expression: {error}") from error


@lru_cache(maxsize=8)
def _built_in() -> Mapping[str, Any]:
    return tomllib.loads(BUILT_IN.read_text(encoding="utf-8"))


def load_words(own: Path | None = None) -> Words:
    """The built-in words with a city's file over them. Raises WordsError when that file cannot be used."""
    if own is None:
        return Words(_built_in())
    try:
        over = tomllib.loads(own.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WordsError(f"{own.name}: {error}") from error
    wrong = sorted(_wrong(over))
    if wrong:
        raise WordsError(f"{own.name}: {'; '.join(wrong)}")
    return Words(_laid_over(_built_in(), over))


def _laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    """`over`'s words before `base`'s; a word of `over` is taken out of every other entry of its table."""
    replaced = set(over.get("replace", []))
    laid: dict[str, Any] = {}
    for name, table in base.items():
        added = over.get(name, type(table)())
        if name in replaced:
            table = {"files": []} if name == "format_kinds" else type(table)()
        if isinstance(table, list):
            laid[name] = [*added, *table]
        elif name == "share_methods":
            laid[name] = {
                category: _joined(table.get(category, {}), added.get(category, {})) for category in {**added, **table}
            }
        elif name == "code_schemes":
            laid[name] = {**table, **added}
        else:
            laid[name] = _joined(table, added)
    return laid


def _joined(table: Mapping[str, list[str]], added: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Two tables of words; a word that `added` takes as something is nothing else any more."""
    taken = {key(word) for words in added.values() for word in words}
    joined = {value: list(words) for value, words in added.items()}
    for value, words in table.items():
        joined[value] = joined.get(value, []) + [word for word in words if key(word) not in taken]
    return joined


def _wrong(over: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a city's file: unknown tables and values of another shape."""
    for name, value in over.items():
        if name in (*_LISTS, "replace"):
            if not _is_texts(value):
                yield f"{name} must be a list of texts"
        elif name in _TABLES:
            if not _is_table(value):
                yield f"{name} must be a table of lists of texts"
        elif name == "share_methods":
            if not isinstance(value, dict) or value.keys() - set(_METHODS) or not all(map(_is_table, value.values())):
                yield "share_methods must be tables PLATFORM and OFFLINE of lists of texts"
        elif name == "code_schemes":
            if not isinstance(value, dict) or not all(isinstance(pattern, str) for pattern in value.values()):
                yield "code_schemes must be a table of regular expressions"
        elif name == "share_phrases":
            if not isinstance(value, list) or not all(map(_is_phrase, value)):
                yield 'share_phrases must be tables with `holds` (texts) and `suggests` (a share type or "")'
        else:
            yield f"there is no table {name}"
    yield from (f"{name} cannot be replaced" for name in set(over.get("replace", [])) - set(_built_in()))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_texts, value.values()))


def _is_phrase(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_texts(value.get("holds"))
        and value.get("suggests") in ("", "UNCONDITIONAL", "CONDITIONAL", "WITHHELD")
    )

"""What catalogues say of datasets, as the registry has it: whose entry it is at home, cycles, dates, types, words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from connectors.api_facts import prose
from connectors.catalogue_bodies import local_part
from connectors.catalogue_words import Words, load_words
from connectors.config import Config
from connectors.datasets import Dataset, field_id, resource_id
from connectors.documents import told
from connectors.normalise import clean_name, holds_password, iso_date
from connectors.protocol import Input
from connectors.schemas import clean_path, data_type_of
from graph.facts import Fact, Finding, Kind, Place, Severity, Thing, is_id, name_key

__all__ = ["Entries", "Entry", "Publisher", "home_id", "share_type", "update_cycle"]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_KEPT = re.compile(rf"https?://[^?#]*/(?:dataset|organization)/({_UUID.pattern})/?", re.IGNORECASE)
_URI = re.compile(r"(?:https?://|urn:|doi:)\S{3,}", re.IGNORECASE)
_OWN = re.compile(r"(?:resource|department|system):\S.*", re.DOTALL)
_LOGIN = re.compile(r"(?<=://)[^/\s@]*@")
_LONGEST = 500
MOST_FIELDS = 2_000


def home_id(own: str, said: Iterable[str | None] = ()) -> str:
    """What identifies a dataset, or who publishes it, at its first catalogue, through however many it came.

    `said` is what the catalogue says of its origin, the surest first; `own` is its identity here. The address of a
    dataset or organisation in a CKAN ends with the id that every harvest keeps, so that id is it; another address is
    itself; an id of a registry stays as it is.
    """
    for text in map(without_login, (*said, own)):
        if text and _OWN.fullmatch(text.strip()):
            return clean_name(text).partition(":")[2]
        if text and (kept := _KEPT.fullmatch(text.strip())):
            return kept[1].lower()
        if text and _UUID.fullmatch(text.strip().removeprefix("urn:uuid:")):
            return text.strip().removeprefix("urn:uuid:").lower()
        if text and _URI.fullmatch(text.strip()):
            return text.strip().rstrip("/")
    return clean_name(without_login(own) or "")


def without_login(text: str | None) -> str | None:
    """A text without the user and password that an address in it holds."""
    return _LOGIN.sub("", text) if text else text


_CYCLES: Mapping[str, str] = {
    **dict.fromkeys(
        ("continuous", "continual", "update_cont", "real-time", "realtime", "uncont", "r/pt1s"), "REALTIME"
    ),
    **dict.fromkeys(("hourly", "bihourly", "trihourly", "1min", "5min", "15min", "30min", "pt1h"), "REALTIME"),
    **dict.fromkeys(("daily", "daily_2", "weekdays", "p1d", "12hrs"), "DAILY"),
    **dict.fromkeys(("weekly", "weekly_2", "weekly_3", "p1w", "p7d"), "WEEKLY"),
    **dict.fromkeys(("monthly", "monthly_2", "monthly_3", "p1m", "fortnightly", "biweekly", "p2w"), "MONTHLY"),
    **dict.fromkeys(("quarterly", "p3m"), "QUARTERLY"),
    **dict.fromkeys(("annual_2", "semiannual", "half-yearly", "biannual", "biannually", "p6m"), "HALF_YEARLY"),
    **dict.fromkeys(("annual", "annually", "yearly", "p1y"), "YEARLY"),
    **dict.fromkeys(
        ("irreg", "irregular", "as_needed", "as needed", "asneeded", "notplanned", "not_planned"), "IRREGULAR"
    ),
    **dict.fromkeys(("never", "other", "biennial", "triennial", "decennial", "quinquennial", "as_released"), "OTHER"),
}
_SAYS_NOTHING = frozenset({"unknown", "op_datpro", "", "notspecified"})


def update_cycle(text: str | None) -> str | None:
    """The update cycle that a word, a code of a list of frequencies or a duration (R/P1D) stands for."""
    if text is None:
        return None
    word = text.strip().rstrip("/").rpartition("/")[2].rpartition("#")[2].casefold()
    if word in _SAYS_NOTHING:
        return None
    found = _CYCLES.get(word) or _CYCLES.get(text.strip().casefold())
    return found or words().update_cycle(text.strip()).value


_RIGHTS: Mapping[str, str] = {
    "public": "UNCONDITIONAL",
    "restricted": "CONDITIONAL",
    "non_public": "WITHHELD",
    "non-public": "WITHHELD",
    "confidential": "WITHHELD",
    "sensitive": "CONDITIONAL",
    "normal": "UNCONDITIONAL",
}


def share_type(text: str | None) -> str | None:
    """The share type that a word or a code of a list of access rights stands for."""
    if text is None:
        return None
    word = text.strip().rstrip("/").rpartition("/")[2].rpartition("#")[2].casefold()
    return _RIGHTS.get(word) or words().share_type(text.strip())


@cache
def words() -> Words:
    """The built-in words, read once."""
    return load_words(None)


@dataclass(slots=True)
class Publisher:
    """Who publishes: `key` is what identifies it at its source, an address or the id of an organisation."""

    name: str
    key: str
    aliases: tuple[str, ...] = ()
    uscc: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Column:
    """A field of an entry."""

    name: str
    type: str | None = None
    raw_type: str | None = None
    length: int | None = None
    says: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    """What another registry says of it under its own keys."""


@dataclass(slots=True)
class Entry:
    """A dataset, or a part of one, as a catalogue has it. `home` is its home id, `values` what is known of it."""

    home: str
    name: str
    values: dict[str, Any]
    publisher: Publisher | None = None
    columns: Sequence[Column] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    aliases: tuple[str, ...] = ()
    namespace: str = ""


class Entries:
    """Turns entries into facts, each once; departments as they are first met."""

    def __init__(self, given: Input, file: str) -> None:
        self._given = given
        self._config = given.config or Config.model_validate({})
        self._scope = self._config.jurisdiction or given.jurisdiction or given.home
        self._file = file
        self._seen: set[str] = set()
        self.findings: list[Finding] = []

    def tell(self, code: str, severity: Severity, message: str, done: str, at: str = "") -> None:
        """Reports a finding."""
        self.findings.append(told(code, severity, self._file, message, done, at))

    def facts(self, entry: Entry) -> list[Fact | Finding]:
        """The facts of an entry and those that it needs, with what was found on the way."""
        items: list[Fact | Finding] = []
        provider = self._config.department
        if entry.publisher is not None:
            provider, department = self.department(entry.publisher)
            items += [department] if department is not None else []
        id = self.id_of(entry.home, entry.namespace)
        if not entry.home:
            self.tell("NO_NAME", Severity.ERROR, "a dataset has neither id nor name", "it was not taken", entry.at)
        elif id in self._seen:
            self.tell(
                "STATED_TWICE", Severity.WARNING, f"{entry.name} stands there twice", "the first counts", entry.at
            )
        else:
            self._seen.add(id)
            items.append(self._resource(id, entry, provider))
            items += self._fields(id, entry)
        items += self.findings
        self.findings.clear()
        return items

    def department(self, publisher: Publisher) -> tuple[str | None, Thing | None]:
        """The id of a publisher's department, and the fact of it when it is first met."""
        name = clean_name(publisher.name)[:_LONGEST] or clean_name(publisher.key)[:_LONGEST]
        home = home_id(publisher.key) or name
        if not name:
            return self._config.department, None
        own = publisher.key.startswith("department:")
        id = _built("department:", f"{local_part(self._scope)}/{name}" if self._scope and not own else home)
        if id in self._seen:
            return id, None
        self._seen.add(id)
        values: dict[str, Any] = {"name": name}
        if self._scope and not own:
            values["jurisdiction"] = self._scope
        if publisher.uscc:
            values["uscc"] = publisher.uscc
        if aliases := _others(publisher.aliases, name):
            values["aliases"] = aliases
        values |= publisher.values
        return id, Thing(Kind.DEPARTMENT, id, values, Place(self._file), self._given.source, given_id=False)

    def system(self, id: str, values: Mapping[str, Any]) -> Iterable[Thing]:
        """The fact of a system, when it is first met."""
        if id not in self._seen:
            self._seen.add(id)
            yield Thing(Kind.SYSTEM, id, values, Place(self._file), self._given.source, given_id=False)

    def id_of(self, home: str, namespace: str = "") -> str:
        """The id of the resource that an entry with this home id is."""
        dataset = Dataset(namespace, home)
        ruled = next((id for rule in self._given.rules if (id := rule.apply(dataset)) is not None), None)
        return ruled or _built("resource:", home)

    def _resource(self, id: str, entry: Entry, provider: str | None) -> Thing:
        values: dict[str, Any] = {"name": clean_name(entry.name)[:_LONGEST] or entry.home}
        values |= {key: value for key, value in entry.values.items() if value not in (None, [], "")}
        if (text := prose(values.pop("abstract", None))) is not None:
            if holds_password(text):
                message = "a description gives a password away"
                self.tell("PASSWORD_IN_TEXT", Severity.WARNING, message, "it is not taken", entry.at)
            else:
                values["abstract"] = text
        for key, value in (("provider", provider), ("system", self._config.system)):
            if value is not None:
                values.setdefault(key, value)
        if aliases := _others(entry.aliases, values["name"], entry.home):
            values["aliases"] = aliases
        place = Place(self._file, column=entry.at)
        return Thing(Kind.RESOURCE, id, values, place, self._given.source, extra=entry.extra, given_id=False)

    def _fields(self, resource: str, entry: Entry) -> Iterable[Thing]:
        seen: set[str] = set()
        for column in entry.columns:
            name = clean_path(column.name)
            id = column.id if column.id is not None and is_id(column.id) else field_id(resource, name)
            if not name or id in seen:
                continue
            if len(seen) >= MOST_FIELDS:
                message = f"{entry.name} has more fields than are taken"
                self.tell("FIELDS_CUT", Severity.WARNING, message, f"the first {MOST_FIELDS:,} were taken", entry.at)
                return
            seen.add(id)
            values: dict[str, Any] = {"name": name, "resource": resource, "position": len(seen)}
            letter = column.type or data_type_of(column.raw_type) or words().data_type(column.raw_type or "")
            values |= {"data_type": letter} if letter else {}
            values |= {"raw_type": column.raw_type[:_LONGEST]} if column.raw_type else {}
            values |= {"length": column.length} if column.length is not None else {}
            if aliases := _others([text for text in column.says if len(text) <= 60], name):
                values["aliases"] = aliases
            place = Place(self._file, column=entry.at)
            values |= column.own
            yield Thing(Kind.FIELD, id, values, place, self._given.source, extra=column.extra, given_id=False)


def _built(prefix: str, local: str) -> str:
    """An id of at most 300 characters, whichever of the prefixes it has."""
    return prefix + resource_id(Dataset("x", local)).removeprefix("resource:x/")


def _others(texts: Iterable[str], *known: str) -> list[str]:
    """Other names, each once, without those that are known and those that give a password away."""
    keys = {name_key(text) for text in known}
    found: dict[str, str] = {}
    for text in (clean_name(without_login(text) or "") for text in texts):
        if text and name_key(text) not in keys and not holds_password(text) and len(text) <= _LONGEST:
            found.setdefault(name_key(text), text)
    return list(found.values())


_SECRET_KEY = re.compile(r"pass(word|wd)|secret|token|api[_-]?key|credential", re.IGNORECASE)


def harmless(extras: Mapping[str, Any]) -> dict[str, Any]:
    """What a catalogue keeps beside, without what seems to be a login."""
    kept = {clean_name(str(key)): value for key, value in extras.items() if isinstance(value, str | int | float | bool)}
    return {
        key: value
        for key, value in kept.items()
        if not _SECRET_KEY.search(key)
        and not (isinstance(value, str) and (len(value) > 10_000 or holds_password(value)))
    }


def day(text: Any) -> str | None:
    """A date as YYYY-MM-DD from a date or a time."""
    return iso_date(text) if isinstance(text, str) else None

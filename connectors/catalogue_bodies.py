"""The bodies that a workbook names: departments with their jurisdictions, and systems."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_report import Report
from connectors.catalogue_words import Words
from connectors.codes import (
    NATION,
    has_uscc_form,
    is_jurisdiction_code,
    is_standard_jurisdiction,
    is_uscc,
    jurisdiction_level,
    jurisdiction_name,
    jurisdiction_parent,
    uscc_jurisdiction,
)
from connectors.datasets import fitting_id
from connectors.normalise import clean_name, key, parts, plain_code
from connectors.protocol import Input
from graph.facts import Kind, Place, Thing


def make_id(kind: Kind, *local: str) -> str:
    """An id of a kind from what identifies the thing; one that is too long ends in a hash of the whole."""
    return fitting_id(f"{kind}:" + "/".join(part for part in local if part))


def local_part(id: str) -> str:
    """An id without the word of its kind."""
    return id.partition(":")[2] or id


@dataclass(slots=True)
class Department:
    """A department while its workbook is read."""

    id: str
    name: str | None
    uscc: str | None
    jurisdiction: str | None
    place: Place
    aliases: list[str] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)

    def fact(self, source: str | None) -> Thing:
        values = {
            "name": self.name,
            "uscc": self.uscc,
            "jurisdiction": self.jurisdiction,
            "aliases": self.aliases or None,
        }
        said = {name: value for name, value in values.items() if value is not None}
        return Thing(Kind.DEPARTMENT, self.id, said, self.place, source, self.raw, given_id=False)


class Departments:
    """Finds the department that a name and a credit code stand for.

    A valid USCC identifies; without one the name does, and a name that stands with just one valid
    USCC elsewhere in the workbook means that department.
    """

    def __init__(self, given: Input, words: Words, report: Report) -> None:
        self._words = words
        self._report = report
        self._else = given.jurisdiction or given.home
        self._codes: dict[str, list[str]] = defaultdict(list)
        self._by_said: dict[tuple[str, str], Department | None] = {}
        self._by_id: dict[str, Department] = {}

    def learn(self, said: Iterable[tuple[str, str]]) -> None:
        """Takes note of every name and code of the workbook before the first is looked up."""
        for name, code in dict.fromkeys(said):
            uscc = plain_code(code).upper()
            if name and is_uscc(uscc) and uscc not in self._codes[key(name)]:
                self._codes[key(name)].append(uscc)

    def find(self, name: str, code: str, place: Place) -> Department | None:
        """The department; None if neither name nor code says anything."""
        if (name, code) not in self._by_said:
            self._by_said[name, code] = self._find(name, code, place)
        return self._by_said[name, code]

    def _find(self, said_name: str, said_code: str, place: Place) -> Department | None:
        name = "" if self._words.says_nothing(said_name) else clean_name(said_name)
        code = "" if self._words.says_nothing(said_code) else plain_code(said_code).upper()
        if not name and not code:
            return None
        uscc = code if is_uscc(code) else self._known_code(name)
        if code and not is_uscc(code):
            self._report.add(
                "USCC_CHECK", place, f"{code} is no valid credit code", "identified by its name", said_code
            )
        jurisdiction = self._jurisdiction(uscc, place)
        id = make_id(Kind.DEPARTMENT, local_part(jurisdiction or ""), uscc or name or code)
        department = self._by_id.get(id)
        if department is None:
            keeps = uscc or (code if has_uscc_form(code) else None)
            department = self._by_id[id] = Department(id, name or None, keeps, jurisdiction, place)
            if said_code and said_code != keeps:
                department.raw["uscc"] = said_code
            if name and name != said_name:
                department.raw["name"] = said_name
        elif name and department.name is None:
            department.name = name
        elif name and name != department.name and name not in department.aliases:
            department.aliases.append(name)
            done = f"one department, called {department.name}; the other name is an alias"
            self._report.add("USCC_OF_SEVERAL_NAMES", place, f"{uscc} stands with several names", done, name, (id,))
        return department

    def _known_code(self, name: str) -> str | None:
        codes = self._codes.get(key(name), []) if name else []
        return codes[0] if len(codes) == 1 else None

    def _jurisdiction(self, uscc: str | None, place: Place) -> str | None:
        code = uscc_jurisdiction(uscc) if uscc else None
        if code:
            return f"{Kind.JURISDICTION}:{code}"
        if self._else is None:
            done = "taken without a jurisdiction; say one with --jurisdiction"
            self._report.add("JURISDICTION_UNKNOWN", place, "nothing says of which jurisdiction it is", done)
        return self._else

    def all(self) -> list[Department]:
        return list(self._by_id.values())

    def names_with_several_codes(self) -> Iterator[list[Department]]:
        """Departments of one name that different valid credit codes keep apart."""
        by_name: dict[str, list[Department]] = defaultdict(list)
        for department in self._by_id.values():
            if department.name and department.uscc:
                by_name[key(department.name)].append(department)
        return (same for same in by_name.values() if len(same) > 1)

    def jurisdictions(self, report: Report) -> Iterator[tuple[str, Place]]:
        """The codes of the departments' jurisdictions and all above them, from the nation down."""
        places: dict[str, Place] = {}
        for department in self._by_id.values():
            code = local_part(department.jurisdiction or "")
            if is_jurisdiction_code(code) and code not in places and not is_standard_jurisdiction(code):
                done = "taken, marked as not standard"
                report.add("JURISDICTION_NOT_STANDARD", department.place, f"{code} is a local code", done, code)
            while is_jurisdiction_code(code) and code not in places:
                places[code] = department.place
                code = jurisdiction_parent(code) or ""
        return iter(sorted(places.items(), key=lambda entry: (entry[0] != NATION, entry[0])))


def jurisdiction_fact(code: str, place: Place, source: str | None) -> Thing:
    """What a code alone says of a jurisdiction: level and the next above; its name if the table has it."""
    parent = jurisdiction_parent(code)
    values = {
        "code": code,
        "name": jurisdiction_name(code),
        "level": jurisdiction_level(code),
        "within": parent and f"{Kind.JURISDICTION}:{parent}",
    }
    said = {name: value for name, value in values.items() if value is not None}
    extra = {} if is_standard_jurisdiction(code) else {"standard": False}
    return Thing(Kind.JURISDICTION, f"{Kind.JURISDICTION}:{code}", said, place, source, extra=extra)


@dataclass(slots=True)
class System:
    """A system while its workbook is read."""

    id: str
    name: str
    department: Department | None
    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)

    def fact(self, source: str | None) -> Thing:
        values: dict[str, Any] = {"name": self.name}
        if self.department:
            values["department"] = self.department.id
        return Thing(Kind.SYSTEM, self.id, values | self.values, self.place, source, self.raw, given_id=False)


class Systems:
    """The systems that a workbook names: each is one of the department that names it."""

    def __init__(self, words: Words, report: Report, scope: str | None) -> None:
        self._words = words
        self._report = report
        self._scope = local_part(scope or "")
        self._by_said: dict[tuple[str, str], System] = {}
        self._by_id: dict[str, System] = {}

    def find(self, said: str, department: Department | None, place: Place) -> System | None:
        """The department's system of that name; None if the text says nothing."""
        if not said or self._words.says_nothing(said):
            return None
        owner = local_part(department.id) if department else self._scope
        system = self._by_said.get((owner, said))
        if system is None:
            name = clean_name(said)
            id = make_id(Kind.SYSTEM, owner, name)
            system = self._by_id.get(id) or System(id, name, department, place)
            if name != said:
                system.raw["name"] = said
            self._by_said[owner, said] = self._by_id[id] = system
        return system

    def describe(self, system: System, cells: Mapping[str, str]) -> None:
        """Adds what a row of the list of systems says; its address only if that holds no login."""
        if functions := self._said(cells.get("functions")):
            system.values["functions"] = [functions]
        if reach := self._said(cells.get("reach")):
            system.values["reach"] = self._words.reach(reach) or reach
            if system.values["reach"] != reach:
                system.raw["reach"] = reach
        if networks := self._said(cells.get("networks")):
            system.values["networks"] = self._words.networks(networks)
            if system.values["networks"] != parts(networks):
                system.raw["networks"] = networks
        runs_on = {"database": self._said(cells.get("database")), "address": self._said(cells.get("address"))}
        if any(runs_on.values()):
            system.values["runs_on"] = {name: value for name, value in runs_on.items() if value}

    def _said(self, text: str | None) -> str | None:
        return None if self._words.says_nothing(text) else text

    def all(self) -> list[System]:
        return list(self._by_id.values())

"""Conflicts about data elements in a small registry, after the sentences of docs/elements.md, and not for speed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.reference_findings import FindingsReference

KINDS = ("NO_AUTHORITATIVE_SOURCE", "DIFFERENT_TYPES", "SOURCE_WITHOUT_DATA", "SOURCE_NOT_FRESHEST")
DAYS = {"REALTIME": 1, "DAILY": 2, "WEEKLY": 9, "MONTHLY": 35, "QUARTERLY": 100, "HALF_YEARLY": 200, "YEARLY": 400}


class Told(NamedTuple):
    """One conflict: about which element, with which source, how bad, and the fields that show it."""

    kind: str
    element: str
    source: str | None
    severity: str
    fields: tuple[str, ...]


class ConflictsReference:
    """One registry at one moment."""

    def __init__(self, findings: FindingsReference) -> None:
        self.findings = findings
        self.world = findings.world
        self.fed = {str(key[2]) for key in findings.feeds()}
        self.carriers: dict[str, list[str]] = defaultdict(list)
        stated = set(findings.stated("ELEMENT"))
        for field in findings.stated("FIELD"):
            element = self.world.container(field, "element")
            if element in stated:
                self.carriers[str(element)].append(field)

    def all(self) -> list[Told]:
        """All conflicts in order."""
        found = [
            *self.no_authority(),
            *self.different_types(),
            *self.without_data(),
            *self.not_freshest(),
        ]
        return sorted(found, key=lambda one: (KINDS.index(one.kind), one.element))

    def told(self, kind: str, element: str, fields: Sequence[str], severity: str = "WARNING") -> Told:
        """A conflict with its evidence in order."""
        return Told(kind, element, self.source(element), severity, tuple(sorted(fields)))

    def source(self, element: str) -> str | None:
        """The authoritative source, if it is in force."""
        return self.world.container(element, "source")

    def original(self, field: str) -> bool:
        """Whether nothing feeds it, itself or its resource."""
        return field not in self.fed and self.findings.resource(field) not in self.fed

    def days(self, field: str) -> int | None:
        """How long its resource's data stays fresh."""
        resource = self.findings.resource(field)
        return None if resource is None else DAYS.get(str(self.findings.facts.values(resource).get("update_cycle")))

    def no_authority(self) -> Iterator[Told]:
        """Collected by several departments, none of which is the source."""
        for element, fields in self.carriers.items():
            if self.source(element) is not None:
                continue
            collected = [one for one in fields if self.original(one) and self.findings.department(one)]
            if len({self.findings.department(one) for one in collected}) > 1:
                yield self.told("NO_AUTHORITATIVE_SOURCE", element, collected)

    def different_types(self) -> Iterator[Told]:
        """Types or lengths that are not alike; what is not said is like any."""
        for element, fields in self.carriers.items():
            said = {one: self.findings.facts.values(one) for one in fields}
            types = {values["data_type"] for values in said.values() if values.get("data_type")}
            lengths = {values["length"] for values in said.values() if values.get("length")}
            shown = [one for one, values in said.items() if values.get("data_type") or values.get("length")]
            if len(types) > 1 or len(lengths) > 1:
                yield self.told("DIFFERENT_TYPES", element, shown, "WARNING" if len(types) > 1 else "INFO")

    def parts(self, element: str) -> tuple[list[str], list[str]]:
        """The fields of the source, and those of other departments; none where there is no source."""
        own: list[str] = []
        others: list[str] = []
        source = self.source(element)
        for field in self.carriers[element]:
            department = self.findings.department(field)
            if source is not None and department is not None:
                (own if department == source else others).append(field)
        return own, others

    def without_data(self) -> Iterator[Told]:
        """A source that has no field with it, while others have."""
        for element in self.carriers:
            own, others = self.parts(element)
            if others and not own:
                yield self.told("SOURCE_WITHOUT_DATA", element, others)

    def not_freshest(self) -> Iterator[Told]:
        """A source whose best update cycle is slower than that of what another collects."""
        for element in self.carriers:
            own, others = self.parts(element)
            cycles = {one: days for one in [*own, *others] if (days := self.days(one)) is not None}
            known = [one for one in own if one in cycles]
            if not known:
                continue
            best = min(cycles[one] for one in known)
            fresher = [one for one in others if one in cycles and cycles[one] < best and self.original(one)]
            if fresher:
                yield self.told("SOURCE_NOT_FRESHEST", element, known + fresher)

    def parties(self, told: Told) -> set[str]:
        """The departments that have a part in it."""
        found = {told.source, *(self.findings.department(one) for one in told.fields)}
        return {one for one in found if one is not None}

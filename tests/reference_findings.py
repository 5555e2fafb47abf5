"""What is broken in a small registry, after the sentences of docs/findings.md, and not for speed.

It shares nothing with the product but the reference's own world.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.reference import World
from tests.reference_facts import REFERENCES, Facts, Import, Key

KINDS = (
    "NO_SYSTEM",
    "NO_SOURCE",
    "NOT_MOUNTED",
    "READER_WITHOUT_AGREEMENT",
    "FLOW_WITHOUT_AGREEMENT",
    "AGREEMENT_WITHOUT_FLOW",
    "UNREGISTERED",
    "QUIET_SOURCE",
)
SHARED = {"WITHHELD": "ERROR", "UNCONDITIONAL": "INFO"}


class Told(NamedTuple):
    """One finding: what it is about, how many stand behind it, who has to act, how bad it is."""

    kind: str
    first: str
    second: str
    links: int
    department: str | None
    severity: str = "WARNING"


class FindingsReference:
    """One registry at one moment; `heard` says when each source was last imported."""

    def __init__(self, imports: Sequence[Import], at: datetime, heard: Mapping[str, datetime], days: int) -> None:
        self.facts = Facts(imports, datetime.now(UTC))
        self.world = World(self.facts, at)
        self.quiet = {source for source, last in heard.items() if last <= at - timedelta(days=days)}
        self.sums = {self.between(key) for key in self.world.feeds if self.world.kinds[str(key[1])] == "FIELD"}

    def all(self) -> list[Told]:
        """All findings in order."""
        every = [
            *self.no_system(),
            *self.no_source(),
            *self.not_mounted(),
            *self.crossing("READER_WITHOUT_AGREEMENT", self.world.reads),
            *self.crossing("FLOW_WITHOUT_AGREEMENT", self.feeds()),
            *self.agreements(),
            *self.unregistered(),
            *self.gone_quiet(),
        ]
        return sorted(every, key=lambda one: (KINDS.index(one.kind), one.first, one.second))

    def stated(self, kind: str) -> list[str]:
        """What somebody states, and is in force."""
        return [thing for thing in self.world.things(kind) if thing in self.facts.things]

    def resource(self, thing: str) -> str | None:
        """The resource that a thing is, or lies in."""
        if self.world.kinds[thing] == "RESOURCE":
            return thing
        return self.world.container(thing, "resource") if self.world.kinds[thing] == "FIELD" else None

    def unit(self, thing: str) -> str:
        """Its resource, or itself."""
        return self.resource(thing) or thing

    def system(self, thing: str) -> str | None:
        """The system that a thing is, or lies in."""
        resource = self.resource(thing)
        if self.world.kinds[thing] == "SYSTEM":
            return thing
        return self.world.container(resource, "system") if resource else None

    def department(self, thing: str) -> str | None:
        """Whose it is."""
        kind, resource = self.world.kinds[thing], self.resource(thing)
        if kind == "DEPARTMENT":
            return thing
        if kind == "SYSTEM":
            return self.world.container(thing, "department")
        if kind == "AGREEMENT":
            consumer, system = (self.world.container(thing, key) for key in ("consumer", "system"))
            return consumer or (system and self.department(system))
        return self.world.department(resource) if resource else None

    def between(self, key: Key) -> tuple[str, str]:
        """The units that a link joins."""
        source, user = ends(key)
        return self.unit(source), self.unit(user)

    def feeds(self) -> list[Key]:
        """Feeds between fields, and those between resources that do not only sum them up."""
        return [
            key
            for key in self.world.feeds
            if self.world.kinds[str(key[1])] == "FIELD" or self.between(key) not in self.sums
        ]

    def no_system(self) -> Iterator[Told]:
        """A resource that no system in force holds."""
        for resource in self.stated("RESOURCE"):
            if self.world.container(resource, "system") is None:
                yield Told("NO_SYSTEM", resource, "", 1, self.department(resource))

    def no_source(self) -> Iterator[Told]:
        """A field that nothing feeds, itself or its resource, and that is not declared original."""
        fed = {str(key[2]) for key in self.feeds()}
        for field in self.stated("FIELD"):
            if field in fed or self.resource(field) in fed or self.is_original(field):
                continue
            yield Told("NO_SOURCE", field, "", 1, self.department(field), "INFO")

    def is_original(self, field: str) -> bool:
        """Whether its department is the authoritative source of its element."""
        element = self.world.container(field, "element")
        source = self.world.container(element, "source") if element else None
        return source is not None and source == self.department(field)

    def not_mounted(self) -> Iterator[Told]:
        """A resource that is not withheld and that no link joins to anything outside of it."""
        pairs = [self.between(key) for key in (*self.world.feeds, *self.world.reads)]
        touched = {unit for pair in pairs if pair[0] != pair[1] for unit in pair}
        for resource in self.stated("RESOURCE"):
            if resource not in touched and self.facts.values(resource).get("share_type") != "WITHHELD":
                yield Told("NOT_MOUNTED", resource, "", 1, self.department(resource))

    def covers(self, agreement: str, key: Key) -> bool:
        """Whether an agreement covers a link: its source or that one's resource, for its user.

        Of a link that leaves the fields open one about any field of the resource does.
        """
        values = self.facts.values(agreement)
        source, user = ends(key)
        covered = values.get("covers") or ()
        about = source in covered or self.resource(source) in covered
        if self.world.kinds[source] == "RESOURCE":
            about = about or any(self.resource(thing) == source for thing in covered)
        department, system = self.department(user), self.system(user)
        served = values.get("consumer") == department if department else False
        return about and (served or (system is not None and values.get("system") == system))

    def crossing(self, kind: str, links: Sequence[Key]) -> Iterator[Told]:
        """What goes from one department to another under no agreement in force."""
        agreements = self.stated("AGREEMENT")
        found: dict[tuple[str, str], int] = defaultdict(int)
        for key in links:
            source, user = self.between(key)
            giver, taker = self.department(source), self.department(user)
            if giver and taker and giver != taker and not any(self.covers(one, key) for one in agreements):
                found[source, user] += 1
        for (source, user), count in found.items():
            share = self.facts.values(source).get("share_type") if self.world.kinds[source] == "RESOURCE" else None
            yield Told(kind, source, user, count, self.department(user), SHARED.get(str(share), "WARNING"))

    def agreements(self) -> Iterator[Told]:
        """A concluded agreement under which nothing flows."""
        for agreement in self.stated("AGREEMENT"):
            if self.facts.values(agreement).get("status") not in (None, "APPROVED", "ACTIVE"):
                continue
            if not any(self.covers(agreement, key) for key in (*self.feeds(), *self.world.reads)):
                yield Told("AGREEMENT_WITHOUT_FLOW", agreement, "", 1, self.department(agreement))

    def unregistered(self) -> Iterator[Told]:
        """What something in force names, and nobody states."""
        named: dict[str, list[str]] = defaultdict(list)
        for thing, one in self.references():
            if thing not in self.facts.things and thing != one and self.world.in_force(one):
                named[thing].append(one)
        for thing, those in named.items():
            departments = {self.department(one) for one in those}
            shared = departments.pop() if len(departments) == 1 else None
            yield Told("UNREGISTERED", thing, "", len(those), shared)

    def references(self) -> Iterator[tuple[str, str]]:
        """What is named, and by what; both ends of a link name each other."""
        for thing in self.facts.things:
            values = self.facts.values(thing)
            for name in REFERENCES.get(values["fact"], {}):
                if values.get(name) is not None:
                    yield values[name], thing
            yield from ((covered, thing) for covered in values.get("covers") or ())
        for key in self.facts.links_at(self.world.at):
            yield str(key[1]), str(key[2])
            yield str(key[2]), str(key[1])

    def gone_quiet(self) -> Iterator[Told]:
        """Links that none but quiet sources state."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for key in (*self.world.feeds, *self.world.reads):
            standing = [s for s, one in self.facts.links[key].statements.items() if one.closed_at is None]
            pair = self.between(key)
            if pair[0] != pair[1] and set(standing) <= self.quiet:
                found[pair] += 1
        for (source, user), count in found.items():
            department = self.department(user) or self.department(source)
            yield Told("QUIET_SOURCE", source, user, count, department)

    def inside(self, told: Told, within: str) -> bool:
        """Whether a finding is about something that is, or lies in, a thing, or for its department."""
        about = [told.first, told.second, told.department, *self.named_by(told)]
        return any(within in self.around(thing) for thing in about if thing)

    def named_by(self, told: Told) -> list[str]:
        """Of what is not registered, the first ten that name it."""
        if told.kind != "UNREGISTERED":
            return []
        those = {o for t, o in self.references() if t == told.first and o != t and self.world.in_force(o)}
        return sorted(those)[:10]

    def around(self, thing: str) -> set[str]:
        """A thing and all that it lies in."""
        department = self.department(thing) if self.world.kinds[thing] != "AGREEMENT" else None
        found = {thing, self.resource(thing), self.system(thing), department}
        place = thing if self.world.kinds[thing] == "JURISDICTION" else None
        place = place or (self.world.container(department, "jurisdiction") if department else None)
        while place is not None and place not in found:
            found.add(place)
            place = self.facts.values(place).get("within")
        return {str(one) for one in found if one is not None}


def ends(key: Key) -> tuple[str, str]:
    """Where the data of a link comes from, and where it goes."""
    one, other = str(key[1]), str(key[2])
    return (other, one) if key[0] == "reads" else (one, other)

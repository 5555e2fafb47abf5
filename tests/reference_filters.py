"""The filters of the contract's walk (§6), as `docs/readings.md` reads them, written plainly.

A filter is a dict as GraphQL takes it: `only` and `show` with lists, `stopAt` and `through` with ids.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.reference_facts import Key

if TYPE_CHECKING:
    from tests.reference import Position, Step, World

Filter = Mapping[str, Any]

KIND_OF = {"departments": "DEPARTMENT", "systems": "SYSTEM", "jurisdictions": "JURISDICTION", "elements": "ELEMENT"}
PLACES = ("RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION")
OF_THINGS = ("departments", "systems", "jurisdictions", "shareTypes", "elements")
OF_LINKS = ("flows", "jobs", "sources")


class Hop(NamedTuple):
    """A step between two shown positions, perhaps through others. `clear`: it went from field to field all the way."""

    shown: "Position"
    to: "Position"
    links: frozenset[Key]
    flow: str
    clear: bool


def lists(filter: Filter) -> Iterator[tuple[str, str, list[str]]]:
    """The lists of `only` and `show`: the argument, the kind of list, its values."""
    for where in ("only", "show"):
        for name in (*OF_THINGS, *OF_LINKS):
            values = (filter.get(where) or {}).get(name)
            if values is not None:
                yield f"filter.{where}.{name}", name, values


def named(filter: Filter) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """The ids that a filter names: the argument, the kinds that they may be of, the ids."""
    for argument, name, values in lists(filter):
        if name in KIND_OF:
            yield argument, (KIND_OF[name],), values
    yield "filter.stopAt", ("FIELD", *PLACES), list(filter.get("stopAt") or ())
    yield "filter.through", PLACES, list(filter.get("through") or ())


def mistake(kinds: Mapping[str, str], query: Mapping[str, Any]) -> dict[str, Any] | None:
    """The caller's first mistake: its code, and the argument or the unknown ids."""
    filter = query.get("filter") or {}
    arguments = [
        *_out_of_range(query),
        *(["ids"] if not query["ids"] else []),
        *(argument for argument, _, values in lists(filter) if not values),
        *(["ids"] if any(kinds.get(i) in ("ELEMENT", "AGREEMENT") for i in query["ids"]) else []),
        *(argument for argument, may, ids in named(filter) if any(kinds.get(i, may[0]) not in may for i in ids)),
    ]
    if arguments:
        return {"code": "BAD_INPUT", "names": arguments[:1]}
    unknown = {i for ids in (query["ids"], *(ids for _, _, ids in named(filter))) for i in ids} - kinds.keys()
    return {"code": "NOT_FOUND", "names": sorted(unknown)} if unknown else None


def _out_of_range(query: Mapping[str, Any]) -> list[str]:
    budget = query.get("budget") or {}
    ranges = (("depth", query, 0, 1000), ("maxNodes", budget, 1, 10_000), ("maxPerNode", budget, 1, 10_000))
    return [n for n, given, least, most in ranges if given.get(n) is not None and not least <= given[n] <= most]


def link_meets(conditions: Mapping[str, Any], link: Key, sources: Iterable[str]) -> bool:
    """Whether a link is of one of the flows, of one of the jobs and stated by one of the sources."""
    told: dict[str, set[Any]] = {"flows": {str(link[0]).upper()}, "jobs": {link[3]}, "sources": set(sources)}
    return all(conditions.get(name) is None or told[name] & set(conditions[name]) for name in OF_LINKS)


def places_of(world: "World", position: "Position") -> set[str]:
    """All that a position is or lies in, higher jurisdictions included."""
    found = {position.id, *(place for place in world.chain(position).values() if place)}
    at = world.chain(position)["JURISDICTION"]
    while at is not None:
        found.add(at)
        at = world.container(at, "within")
        if at in found:
            break
    return found


def meets(world: "World", conditions: Mapping[str, Any], position: "Position") -> bool:
    """Whether a position meets all that is asked of things."""
    chain = world.chain(position)
    told: dict[str, set[Any]] = {
        "departments": {chain["DEPARTMENT"]},
        "systems": {chain["SYSTEM"]},
        "jurisdictions": places_of(world, position),
        "shareTypes": {_share_type(world, position)},
        "elements": _elements(world, position),
    }
    for name in OF_THINGS:
        if conditions.get(name) is None or (name in ("shareTypes", "elements") and position.kind == "SYSTEM"):
            continue
        if not told[name] & set(conditions[name]):
            return False
    return True


def _share_type(world: "World", position: "Position") -> str | None:
    own = world.facts.values(position.id).get("share_type")
    resource = world.resource(position)
    return own or (world.facts.values(resource).get("share_type") if resource else None)


def _elements(world: "World", position: "Position") -> set[str]:
    fields = world.fields(position.id) if position.kind == "RESOURCE" else [position.id]
    return {element for field in fields if (element := world.container(field, "element"))}


class Bounds:
    """What a filter makes of one walk."""

    def __init__(
        self, world: "World", filter: Filter, starts: set["Position"], direction: str, dependencies: bool, one: bool
    ) -> None:
        self.world = world
        self.filter = filter
        self.starts = starts
        self.direction = direction
        self.dependencies = dependencies
        self.one = one  # a system and what it holds are one
        self._hops: dict[Position, list[Hop]] = {}

    def what(self, position: "Position") -> str:
        """OPEN, STOP (shown, not crossed), PASSED (crossed, not shown) or OUTSIDE."""
        resource = self.world.resource(position)
        whole = [p for p in self.starts if p.kind == "RESOURCE" and p.id == resource]
        if position in self.starts or whole:
            return "OPEN"
        inside = meets(self.world, self.filter.get("only") or {}, position)
        places = places_of(self.world, position)
        if places & set(self.filter.get("stopAt") or ()):
            return "STOP" if inside else "OUTSIDE"
        if places & set(self.filter.get("through") or ()):
            return "PASSED"
        return "OPEN" if inside else "OUTSIDE"

    def leads(self, position: "Position") -> bool:
        """Whether a walk goes on from here."""
        return self.what(position) in ("OPEN", "PASSED")

    def _moves(self, position: "Position") -> list[tuple["Position", "Position", Key | None]]:
        """What may be done from a position: from where that is drawn, to where, along which link (None: free)."""
        if not self.leads(position):
            return []
        steps: list[Step] = self.world.steps(position, self.direction, self.dependencies)
        found: list[tuple[Position, Position, Key | None]] = [
            (step.shown, step.to, step.link) for step in steps if self.leads(step.shown)
        ]
        if self.one:
            found += [(position, to, None) for to in self.world.one_with(position, self.direction)]
        return [move for move in found if self.what(move[1]) != "OUTSIDE"]

    def free(self, position: "Position") -> list["Position"]:
        """Where a position leads for free, without an edge."""
        return [to for _, to, link in self._moves(position) if link is None and self.what(to) != "PASSED"]

    def hops(self, position: "Position") -> list[Hop]:
        """The steps from a shown position to shown ones."""
        if position not in self._hops:
            self._hops[position] = list(self._all_hops(position))
        return self._hops[position]

    def _all_hops(self, position: "Position") -> Iterator[Hop]:
        for shown, to, link in self._moves(position):
            if self.what(to) == "PASSED":
                yield from self._through(shown, to, link)
            elif link is not None:
                yield Hop(shown, to, frozenset({link}), str(link[0]).upper(), True)

    def _through(self, shown: "Position", into: "Position", entry: Key | None) -> Iterator[Hop]:
        fields_only = self._region(into, fields_only=True)
        for at in self._region(into, fields_only=False):
            for _, to, exit in self._moves(at):
                if self.what(to) == "PASSED" or to == shown:
                    continue
                last = exit if self.direction == "DOWNSTREAM" else entry
                clear = at in fields_only and to.kind == "FIELD"
                links = frozenset(link for link in (entry, exit) if link is not None)
                yield Hop(shown, to, links, str(last[0]).upper() if last else "READS", clear)

    def _region(self, into: "Position", *, fields_only: bool) -> set["Position"]:
        """What is passed through one after the other, from `into` on."""
        found: set[Position] = set()
        waiting = [into]
        while waiting:
            at = waiting.pop()
            if at in found or (fields_only and at.kind != "FIELD"):
                continue
            found.add(at)
            waiting += [to for _, to, _ in self._moves(at) if self.what(to) == "PASSED"]
        return found

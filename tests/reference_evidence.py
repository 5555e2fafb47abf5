"""What stands behind the edges of an answer, read off the facts one by one; see `tests/reference.py`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.reference import Position, Query, World, drawn_links, moment_of, walked
from tests.reference_facts import Facts, Import, Key, instant

Told = dict[str, Any]
Edge = tuple[str, str, str]


def evidence(
    imports: Sequence[Import], query: Query, marks: Mapping[str, datetime], now: datetime
) -> dict[Edge, list[Told]]:
    """The links behind each edge (source, target, flow) of an answer, in their order."""
    facts = Facts(imports, moment_of(query.get("knownAt"), marks, now))
    at = moment_of(query.get("asOf"), marks, now)
    walks, depths, _ = walked(World(facts, at, (query.get("filter") or {}).get("only") or {}), query)
    world = World(facts, at)
    return {
        edge: [_told(world, key) for key in sorted(keys, key=_order)]
        for edge, keys in drawn_links(walks, depths, query).items()
    }


def _ends(key: Key) -> tuple[str, str]:
    """Where the data comes from, and where it goes."""
    return (str(key[2]), str(key[1])) if key[0] == "reads" else (str(key[1]), str(key[2]))


def _order(key: Key) -> tuple[str, str, str, datetime]:
    begins = key[4]
    return (*_ends(key), key[3] or "", datetime.fromisoformat(begins) if begins else datetime.min.replace(tzinfo=UTC))


def _told(world: World, key: Key) -> Told:
    entry = world.facts.links[key]
    current = entry.current()
    source, target = _ends(key)
    until = instant(current.values.get("valid_to"))
    ended = current.closed_at is not None and (until is None or until > current.closed_at)
    chains = [world.chain(Position(world.kinds[end], end)) for end in (source, target)]
    departments = [chain["DEPARTMENT"] for chain in chains]
    agreements = _agreements(world, {source, chains[0]["RESOURCE"]}, {departments[1], chains[1]["SYSTEM"]})
    return {
        "source": source,
        "target": target,
        "job": key[3],
        "validFrom": instant(current.values.get("valid_from")),
        "validTo": None if ended else until,
        "ended": ended,
        "transformation": current.values.get("transformation"),
        "statedBy": sorted(name for name, one in entry.statements.items() if one.closed_at is None),
        "crosses": None if None in departments else departments[0] != departments[1],
        "agreed": next((state for _, state in agreements), "NONE"),
        "agreements": [id for id, _ in agreements],
        "others": [("SAME_ENDS", *_ends(k), k[3]) for k in _same(world, key)]
        + [("SUM", *_ends(k), k[3]) for k in _sums(world, chains, key)],
    }


STATES = ("IN_FORCE", "UPCOMING", "EXPIRED", "WITHDRAWN")


def _agreements(world: World, covered: set[str | None], users: set[str | None]) -> list[tuple[str, str]]:
    """The agreements that cover one of some things for one of some users, with their states, the best first."""
    found = []
    for id in (id for id, kind in world.kinds.items() if kind == "AGREEMENT"):
        values = world.facts.values(id)
        given_to = {values.get("consumer"), values.get("system")} - {None}
        if given_to & users and set(values.get("covers") or ()) & covered:
            found.append((id, _state(world, id)))
    return sorted(found, key=lambda one: (STATES.index(one[1]), one[0]))


def _state(world: World, agreement: str) -> str:
    current = world.facts.things[agreement].current()
    begins, ends = instant(current.values.get("valid_from")), instant(current.values.get("valid_to"))
    if current.closed_at is not None:
        return "WITHDRAWN"
    if begins is not None and world.at < begins:
        return "UPCOMING"
    return "EXPIRED" if ends is not None and ends <= world.at else "IN_FORCE"


def _same(world: World, key: Key) -> list[Key]:
    """The other links in force between the same ends."""
    of = world.reads if key[0] == "reads" else world.feeds
    return sorted((one for one in of if one[:3] == key[:3] and one != key), key=_order)


def _sums(world: World, chains: Sequence[Mapping[str, str | None]], key: Key) -> list[Key]:
    """The feeds in force between the resources of a field feed's ends."""
    pair = tuple(chain["RESOURCE"] for chain in chains)
    if key[0] == "reads" or world.kinds[str(key[1])] != "FIELD" or None in pair or pair[0] == pair[1]:
        return []
    return sorted((one for one in world.feeds if one[1:3] == pair), key=_order)

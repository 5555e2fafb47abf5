"""What differs between two moments of one question: two walks of the reference, and the sets of what they draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.reference import Answer, Query, World, drawn_links, shown, walked
from tests.reference_evidence import Edge, _told
from tests.reference_facts import Facts, Import, Key, instant

UNLIMITED = {"depth": 1_000, "budget": {"maxNodes": 10_000, "maxPerNode": 10_000}}
ATTRIBUTES = ("kind", "name", "depth", "whole", "resource", "system", "department", "jurisdiction")


@dataclass
class Side:
    """One of the two answers; ids that were not known then add nothing."""

    imports: Sequence[Import]
    query: Query
    at: datetime
    known: datetime

    @cached_property
    def world(self) -> World:
        return World(Facts(self.imports, self.known), self.at)

    @property
    def unknown(self) -> set[str]:
        return {id for id in self.query["ids"] if id not in self.world.kinds}

    def drawn(self, query: Query) -> tuple[dict[str, Answer], dict[Edge, set[Key]], set[str]]:
        """Nodes by id, the links behind each edge, and what cut the answer."""
        known = {**query, "ids": [id for id in query["ids"] if id in self.world.kinds]}
        walks, depths, stops = walked(self.world, known)
        nodes, _ = shown(walks, depths, query)
        return {node["id"]: node for node in nodes}, drawn_links(walks, depths, query), stops

    @cached_property
    def answer(self) -> tuple[dict[str, Answer], dict[Edge, set[Key]], set[str]]:
        """As it was asked."""
        return self.drawn(self.query)

    @cached_property
    def whole(self) -> tuple[dict[str, Answer], dict[Edge, set[Key]], set[str]]:
        """Without any limit."""
        return self.drawn({**self.query, **UNLIMITED})

    def agreements(self, keys: set[Key]) -> list[str]:
        """The agreements in force of some links."""
        told = [_told(self.world, key) for key in keys]
        in_force = {id for one in told for id in one["agreements"] if one["agreed"] == "IN_FORCE"}
        return sorted(id for id in in_force if self.world.in_force(id))

    def stated(self, key: Key) -> tuple[Any, ...]:
        """What a link says beside what it is."""
        current = self.world.facts.links[key].current()
        values = current.values
        return instant(values.get("valid_to")), current.closed_at, values.get("transformation")


def nodes(before: Side, after: Side) -> dict[str, Any]:
    """How each node differs: ADDED, CLOSED, or the attributes that do."""
    (one, _, _), (two, _, _) = before.answer, after.answer
    found: dict[str, Any] = {}
    for id in one.keys() | two.keys():
        if id not in one or id not in two:
            found[id] = "ADDED" if id in two else "CLOSED"
        elif differing := [name for name in ATTRIBUTES if one[id][name] != two[id][name]]:
            found[id] = differing
    return found


def edges(before: Side, after: Side) -> dict[Edge, Any]:
    """How each edge differs: ADDED or CLOSED with its links; else how many are gone, come and stated otherwise."""
    (_, one, _), (_, two, _) = before.answer, after.answer
    found: dict[Edge, Any] = {}
    for edge in one.keys() | two.keys():
        if edge not in one or edge not in two:
            found[edge] = ("ADDED", len(two[edge])) if edge in two else ("CLOSED", len(one[edge]))
            continue
        gone, come, both = one[edge] - two[edge], two[edge] - one[edge], one[edge] & two[edge]
        restated = [key for key in both if before.stated(key) != after.stated(key)]
        agreements = before.agreements(one[edge]) != after.agreements(two[edge])
        if gone or come or restated or agreements:
            found[edge] = (len(gone), len(come), bool(restated), agreements)
    return found

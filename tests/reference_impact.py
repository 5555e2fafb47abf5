"""What a change touches, after the sentences of the contract and of docs/readings.md, and not for speed.

It shares nothing with the product but the reference's own world and walks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.reference import DOWN, LEVELS, UP, Position, Walk, World
from tests.reference_facts import Facts, Import

FAR = 10_000


class ImpactReference:
    """One change in one world."""

    def __init__(self, imports: Sequence[Import], ids: Sequence[str], at: datetime, now: datetime) -> None:
        self.world = World(Facts(imports, now), at)
        self.start = {position for id in ids for position in self.world.start(id, True)}
        wholes = [p.id for p in self.start if p.kind == "RESOURCE"]
        members = {Position("FIELD", f) for r in wholes for f in self.world.fields(r)}
        self.removed = self.start | members
        self.sure = self._sure(members)

    def _sure(self, members: set[Position]) -> set[Position]:
        """Field by field from what is changed; one step of a resource that is changed as a whole."""
        found = self.start | members
        todo = [p for p in found if p.kind == "FIELD"]
        while todo:
            for step in self.world.rule_1(todo.pop().id, DOWN):
                if step.to not in found:
                    found = found | {step.to}
                    todo.append(step.to)
        for position in self.start:
            if position.kind == "RESOURCE":
                steps = self.world.steps(position, DOWN, True)
                found = found | {step.to for step in steps if step.to.kind != "FIELD"}
        return found

    def level(self, level: str) -> list[dict[str, Any]]:
        """What is affected at a level, by (depth, id)."""
        walk = Walk(self.world, set(self.start), DOWN, level, True, FAR, FAR)
        standing = {self.world.node(p, level) for p in self.sure}
        depths = walk.depths()
        return [
            {"id": id, "depth": depths[id], "precise": id in standing}
            for id in sorted(depths, key=lambda i: (depths[i], i))
        ]

    def units(self) -> dict[str, str]:
        """What becomes of each affected field, resource and reading system."""
        walk = Walk(self.world, set(self.start), DOWN, "FIELD", True, FAR, FAR)
        nodes = {*walk.distance, *walk.listed()}
        units = nodes - self.removed
        holders = {self.world.resource(p) for p in units} - {None}
        units |= {Position("RESOURCE", str(r)) for r in holders} - self.removed
        left = {unit: self._feeders(unit) - self.removed for unit in units}
        lost = {unit for unit in units if not left[unit]}
        outlook = dict.fromkeys((u.id for u in lost), "LOSES")
        # Take away from those that are left who has a feeder outside of them, until none has.
        doubtful = units - lost
        while True:
            keeping = {unit for unit in doubtful if left[unit] - doubtful - lost}
            if not keeping:
                break
            doubtful -= keeping
            outlook.update(dict.fromkeys((u.id for u in keeping), "KEEPS"))
        return {**outlook, **dict.fromkeys((u.id for u in doubtful), "LOSES_IN_CONSEQUENCE")}

    def _feeders(self, unit: Position) -> set[Position]:
        """What one step upstream leads to; of a resource as a whole only other resources' positions."""
        found = {step.to for step in self.world.steps(unit, UP, True)}
        if unit.kind == "RESOURCE":
            found = {p for p in found if self.world.resource(p) != unit.id}
        return found

    def all_levels(self) -> dict[str, list[dict[str, Any]]]:
        """What is affected at each level."""
        return {level: self.level(level) for level in LEVELS}

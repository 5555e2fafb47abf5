"""A plain way to compare names with data elements: equal names and what was bound before, for tests of what uses it."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph.element_memory import BoundName, Remembering, Unbound
from graph.facts import is_placeholder, name_key


@dataclass(frozen=True)
class Told:
    """A suggestion."""

    element_id: str
    score: float
    reason: str


class Plain:
    """Bound before in the same table scores 1, elsewhere .9; an element of the same name .8, all others .1."""

    def __init__(self) -> None:
        self.built = self.learned = 0

    def elements(self, rows: Sequence[Remembering]) -> Sequence[Remembering]:
        self.built += 1
        return rows

    def memory(self, bound: Sequence[BoundName], refused: Sequence[Unbound]) -> Sequence[BoundName]:
        self.learned += 1
        return bound

    def suggest(
        self,
        names: Sequence[str],
        table: str | None,
        department_name: str | None,
        memory: Sequence[BoundName],
        elements: Sequence[Remembering],
        first: int,
    ) -> list[list[Told]]:
        found = []
        for name in names:
            key, scores = name_key(name), {one.id: (0.1, "is an element") for one in elements}
            for one in elements:
                if key in map(name_key, (one.name, *one.aliases)):
                    scores[one.id] = 0.8, "has this name"
            for bound in memory:
                if name_key(bound.name) == key:
                    here = (bound.table, bound.department) == (table, department_name)
                    score = (1.0, f"bound in {bound.table} of {bound.department}") if here else (0.9, "bound before")
                    scores[bound.element] = max(scores[bound.element], score)
            told = sorted((Told(id, *score) for id, score in scores.items()), key=lambda t: (-t.score, t.element_id))
            found.append([] if is_placeholder(name) else told[:first])
        return found

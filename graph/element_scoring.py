"""Names compared with data elements by `graph/matching/elements.py`, for whoever gives it what the graph knows."""

from collections.abc import Iterable, Sequence

from graph.element_memory import BoundName, Remembering, Unbound
from graph.matching.elements import Element, Elements, Known, Memory, Suggestion, suggest

__all__ = ["Matching"]


class Matching:
    """The scoring of `graph/matching/`."""

    def elements(self, rows: Iterable[Remembering]) -> Elements:
        """Data elements, laid out."""
        return Elements(Element(one.id, one.name, tuple(one.aliases)) for one in rows)

    def memory(self, bound: Iterable[BoundName], refused: Iterable[Unbound]) -> Memory:
        """What is bound and refused, learned from."""
        return Memory(
            (Known(one.name, one.table or "", one.department or "", one.element) for one in bound),
            (Known(one.name, one.table or "", one.department or "", one.element) for one in refused if one.name),
        )

    def suggest(
        self,
        names: Sequence[str],
        table: str | None,
        department_name: str | None,
        memory: Memory,
        elements: Elements,
        first: int,
    ) -> list[list[Suggestion]]:
        """The elements that names may stand for."""
        return suggest(names, table, department_name, memory, elements, first)

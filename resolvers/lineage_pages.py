"""The nodes of a whole lineage in pages. All pages are of one state of the graph, whichever worker answers.

A cursor says of which question the page is, at which change of the graph, and after which place.
"""

from collections.abc import Callable
from typing import Any

from graph.lineage import Asked, check
from graph.paging import Page, Position, page
from graph.refusals import BadInput, TooCostly
from graph.whole import Pin, Whole, Wholes, mark
from resolvers.slices import Slice


class NodePages(Slice):
    """The nodes of one lineage, whatever `maxNodes` says; `record` makes the source of a LineageNode of its columns."""

    def __init__(self, whole: Whole, order: str, page: Page, record: Callable[[dict[str, Any]], Any]) -> None:
        told = _told(whole.pin)

        def row(place: int) -> Any:
            columns = whole.nodes(place, place + 1)
            return record({name: column[0] for name, column in columns.items()})

        super().__init__(order, page, len(whole.ids), lambda place: (told, place), row)
        self.whole = whole


async def node_pages(wholes: Wholes, asked: Asked, record: Callable[[dict[str, Any]], Any], *bounds: Any) -> NodePages:
    """The page that `bounds` (first, after, last, before) are of. Raises a Refusal."""
    check(asked)
    order = f"lineage-{mark(asked)}"
    wanted = page(order, *bounds)
    pins = {_pin(place, name) for name in ("after", "before") if (place := getattr(wanted, name))}
    if len(pins) > 1:
        raise BadInput("before: is of another state of the graph than `after`", argument="before")
    whole = await wholes.find(asked, next(iter(pins), None), keep=True)
    if not whole.is_lasting:
        less = "pass through less, " if asked.filter.through else ""
        raise TooCostly(
            "budget.maxMilliseconds: the time was up before the answer was whole, so it has no pages; allow more "
            f"(up to 60,000), {less}go less deep, or take it as an export",
            argument="budget.maxMilliseconds",
        )
    return NodePages(whole, order, wanted, record)


def _told(pin: Pin) -> str:
    return f"{pin.sequence}.{pin.at}.{pin.as_of}"


def _pin(position: Position, argument: str) -> Pin:
    """The pin of a cursor; its place is a number. Raises BadInput."""
    try:
        sequence, at, as_of = map(int, position[0].split("."))
        if not 0 <= sequence < 2**63 or abs(at) >= 2**62 or abs(as_of) >= 2**62 or position[1] < 0:
            raise ValueError
    except (ValueError, AttributeError, TypeError):
        raise BadInput(
            f"{argument}: is no cursor of this API; take it from pageInfo or an edge", argument=argument
        ) from None
    return Pin(sequence, at, as_of)

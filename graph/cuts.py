"""Pages of what is worked out whole and kept: which rows of it a page has."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from graph.paging import Page, Position
from graph.refusals import BadInput


def cut(count: int, position: Callable[[int], Position], page: Page, size: int) -> range:
    """Of `count` rows whose positions rise: up to `size` from where `page` begins, in its direction.

    Raises BadInput where a cursor is of no such list: it was made up.
    """
    rows = range(count)
    for name, given in (("after", page.after), ("before", page.before)):
        if count and given is not None and [*map(type, given)] != [*map(type, position(0))]:
            raise BadInput(f"{name}: is no cursor of this API; take it from pageInfo or an edge", argument=name)
    low, high = 0, count
    if page.after is not None:
        reach = bisect_left if page.here and not page.backward else bisect_right
        low = reach(rows, page.after, key=position)
    if page.before is not None:
        reach = bisect_right if page.here and page.backward else bisect_left
        high = reach(rows, page.before, key=position)
    if page.backward:
        return range(high - 1, max(low - 1, high - 1 - size), -1)
    return range(low, min(high, low + size))

"""Pages of a list that stays right while rows are added: keysets, and the cursors that carry them.

A list is in the order of (value, tie), both of a row; a cursor says after which pair a page begins. No
row is ever counted, so what is added or withdrawn before a page does not shift it.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from graph.refusals import BadInput

MOST = 1_000
"""Rows of the longest page."""
USUAL = 50
"""Rows of a page when nobody says how many."""

Position = tuple[Any, Any]
"""Value and tie of a row."""


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for: `size` rows after `after` and before `before`, from the end if `backward`.

    With `here` a row that lies right where the page begins is on it.
    """

    size: int = USUAL
    after: Position | None = None
    before: Position | None = None
    backward: bool = False
    here: bool = False

    def bounds(self) -> dict[str, Any]:
        """The parameters of a statement that walks in the page's direction, from `from` until `to`."""
        start, end = (self.before, self.after) if self.backward else (self.after, self.before)
        return {
            "from_value": start and start[0],
            "from_tie": start and start[1],
            "here": self.here,
            "to_value": end and end[0],
            "to_tie": end and end[1],
        }


def other_side(page: Page) -> Page | None:
    """The page that begins where `page` did and goes the other way: what lies there makes it have a page before it.

    `None`: nothing can lie there, as it began at the end.
    """
    if page.backward:
        return page.before and Page(1, after=page.before, here=True)
    return page.after and Page(1, before=page.after, backward=True, here=True)


def cursor(order: str, position: Position) -> str:
    """The cursor of a row in a list that is ordered by `order`."""
    return base64.urlsafe_b64encode(orjson.dumps([order, *position])).decode().rstrip("=")


def read_cursor(order: str, text: str, argument: str) -> Position:
    """The position that a cursor stands for. Raises BadInput when it is none of such a list."""
    try:
        found = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, list) or len(found) != 3 or not all(map(_is_key, found)):
        raise BadInput(f"{argument}: is no cursor of this API; take it from pageInfo or an edge", argument=argument)
    if found[0] != order:
        raise BadInput(
            f"{argument}: this cursor belongs to another list or order; ask for the first page again", argument=argument
        )
    return found[1], found[2]


def _is_key(part: Any) -> bool:
    return isinstance(part, str) or (isinstance(part, int) and abs(part) < 2**63)


def keyed(page: Page, value: type, tie: type) -> Page:
    """A page whose cursors have keys of these types. Raises BadInput for others, which this list never gave."""
    for argument, position in (("after", page.after), ("before", page.before)):
        if position is not None and (type(position[0]), type(position[1])) != (value, tie):
            raise BadInput(
                f"{argument}: is no cursor of this list; take it from pageInfo or an edge", argument=argument
            )
    return page


def page(order: str, first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> Page:
    """The arguments of a connection as a page. Raises BadInput that names the wrong one."""
    for name, number in (("first", first), ("last", last)):
        if number is not None and not 0 <= number <= MOST:
            raise BadInput(f"{name}: must be from 0 to {MOST:,}, not {number:,}", argument=name)
    if first is not None and last is not None:
        raise BadInput("last: give either first or last, not both", argument="last")
    backward = last is not None or (first is None and before is not None and after is None)
    size = last if last is not None else USUAL if first is None else first
    return Page(
        size,
        None if after is None else read_cursor(order, after, "after"),
        None if before is None else read_cursor(order, before, "before"),
        backward,
    )

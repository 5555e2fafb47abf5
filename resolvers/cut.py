"""Pages of lists that are worked out whole and kept, as connections."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import numpy as np

from graph.cuts import cut
from graph.ground import Ground
from graph.lists import Row
from graph.net import Ints
from graph.paging import Page, Position
from resolvers.connections import Pages
from resolvers.context import Context
from resolvers.members import paged


class Whole(Protocol):
    """A list that is known whole, of things on one ground; the positions of its rows rise."""

    @property
    def ground(self) -> Ground:
        """What it stands on."""
        ...

    @property
    def needs(self) -> Ints:
        """The things whose ids have to be learned before anything else is asked for."""
        ...

    @property
    def count(self) -> int:
        """How many rows it has."""
        ...

    def position(self, row: int) -> Position:
        """Where a row lies."""
        ...

    def records(self, rows: Sequence[int]) -> Sequence[Any]:
        """Some of its rows."""
        ...


class Cut(Pages):
    """A page of a list that is known whole."""

    def __init__(self, order: str, page: Page, whole: Whole) -> None:
        super().__init__(order, page)
        self.whole = whole

    @property
    def group(self) -> Hashable:
        return id(self.whole.ground), self.order, self.page

    async def read(self, pages: Sequence["Cut"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        await self.whole.ground.learn(np.concatenate([one.whole.needs for one in pages]))
        return [_rows(one.whole, page, size) for one in pages]

    async def count(self, pages: Sequence["Cut"]) -> Sequence[int]:
        return [one.whole.count for one in pages]


def _rows(whole: Whole, page: Page, size: int) -> list[Row]:
    rows = cut(whole.count, whole.position, page, size)
    return [Row(whole.position(row), record) for row, record in zip(rows, whole.records(rows), strict=True)]


def cut_of(order: str, whole: Callable[[Any], Whole], description: str) -> Any:
    """A field that is a list of which its parent knows all: `whole` of the parent."""

    def lists(roots: list[Any], context: Context, page: Page) -> list[Any]:
        return [Cut(order, page, whole(root)) for root in roots]

    return paged(lists, order, description)

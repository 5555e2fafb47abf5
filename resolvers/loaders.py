"""Loaders: what many resolvers ask for at the same time becomes one statement."""

from collections.abc import Callable
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from graph import contents
from graph.contents import Content, Contents
from graph.engine import Graph
from graph.facts import Kind
from graph.paging import Page
from graph.things import Record, by_ids

T = TypeVar("T")


class Loaders:
    """The loaders of one operation, made when they are first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._loaders: dict[tuple[Any, ...], DataLoader[str, Any]] = {}

    def things(self, kind: Kind) -> DataLoader[str, Record | None]:
        """Things of a kind by id; `None` where there is none of that kind."""

        async def load(ids: list[str]) -> list[Record | None]:
            found = await by_ids(self._graph, kind, ids)
            return [found.get(id) for id in ids]

        return self._loader((kind,), lambda: DataLoader(load))

    def contents(self, what: Contents, page: Page, size: int, in_force: bool | None) -> DataLoader[str, list[Content]]:
        """Pages of the contents of things, by the id of the thing."""

        async def load(ids: list[str]) -> list[list[Content]]:
            found = await contents.page(self._graph, what, ids, page, size, in_force)
            return [found[id] for id in ids]

        return self._loader((what, page, size, in_force), lambda: DataLoader(load))

    def counts(self, what: Contents, in_force: bool | None) -> DataLoader[str, int]:
        """How many contents things have, by the id of the thing."""

        async def load(ids: list[str]) -> list[int]:
            found = await contents.count(self._graph, what, ids, in_force)
            return [found[id] for id in ids]

        return self._loader((what, in_force), lambda: DataLoader(load))

    def _loader(self, key: tuple[Any, ...], make: Callable[[], DataLoader[str, T]]) -> DataLoader[str, T]:
        loader = self._loaders.get(key)
        if loader is None:
            loader = self._loaders[key] = make()
        return loader

"""The registry's answers to connectors: which resources are called so, and which fields they have."""

import asyncio
import unicodedata
from collections.abc import Mapping, Sequence

from connectors.datasets import Column
from graph.changes import now, position
from graph.engine import Graph
from graph.registered import aliases, called, changed, columns, is_valid

__all__ = ["Stored"]

_MOST_CHANGES = 2_000
"""Changes that are caught up with one by one; after more, all aliases are read again."""


class Stored:
    """What is registered, as `connectors.datasets.Registered` asks for it; may be kept, and follows every change.

    An id or code is met as it is, an alias without regard to width, case and spaces. `besides` is how the names of
    sources start whose fields do not count.
    """

    def __init__(self, graph: Graph, besides: str = "") -> None:
        self._graph = graph
        self._besides = besides
        self._lock = asyncio.Lock()
        self._sequence = -1
        self._ids: dict[str, dict[str, tuple[int | None, int | None]]] = {}
        self._keys: dict[str, frozenset[str]] = {}

    async def called(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the resources in force with this id, code or alias, for each name that has some, sorted."""
        if not names:
            return {}
        found: dict[str, set[str]] = {}
        moment = now()
        for name, id, since, until in await called(self._graph, list(dict.fromkeys(names))):
            if is_valid(since, until, moment):
                found.setdefault(name, set()).add(id)
        async with self._lock:
            await self._follow()
            for name in names:
                for id, (since, until) in self._ids.get(_key(name), {}).items():
                    if is_valid(since, until, moment):
                        found.setdefault(name, set()).add(id)
        return {name: sorted(ids) for name, ids in found.items()}

    async def columns(self, ids: Sequence[str]) -> Mapping[str, Sequence[Column]]:
        """The fields in force of each resource that is registered, in order of position, then id."""
        if not ids:
            return {}
        found = await columns(self._graph, list(dict.fromkeys(ids)), self._besides)
        return {resource: [Column(*row) for row in rows] for resource, rows in found.items()}

    async def _follow(self) -> None:
        """Bring the aliases up to the graph's last change."""
        head = (await position(self._graph)).sequence
        if self._sequence < 0 or not self._sequence <= head <= self._sequence + _MOST_CHANGES:
            self._ids.clear()
            self._keys.clear()
            for id, names, since, until in await aliases(self._graph):
                self._put(id, names, since, until)
        elif head > self._sequence:
            for row in await changed(self._graph, self._sequence, head):
                self._put(*row)
        # What was read may be newer than `head`, never older: then it is read once more.
        self._sequence = head

    def _put(self, id: str, names: Sequence[str] | None, since: int | None, until: int | None) -> None:
        for key in self._keys.pop(id, ()):
            self._ids[key].pop(id, None)
            if not self._ids[key]:
                del self._ids[key]
        if names:
            self._keys[id] = frozenset(map(_key, names))
            for key in self._keys[id]:
                self._ids.setdefault(key, {})[id] = since, until


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())

"""The registry as connectors ask it by name (`connectors/names.py`)."""

from collections.abc import Mapping, Sequence

from connectors.names import Named
from graph.engine import Graph
from graph.facts import Kind
from graph.named import called

__all__ = ["StoredNames"]


class StoredNames:
    """What the graph has under some names."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def named(self, kind: Kind, names: Sequence[str]) -> Mapping[str, Sequence[Named]]:
        found = await called(self._graph, kind, names)
        return {name: [Named(id, holder) for id, holder in pairs] for name, pairs in found.items()}

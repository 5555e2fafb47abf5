"""What a resolver is given: the graph, the lineages, and the loaders of this one operation."""

from dataclasses import dataclass, field
from typing import Any

import strawberry

from graph.engine import Graph
from graph.lineage import Lineages
from resolvers.loaders import Loaders


@dataclass(slots=True)
class Context:
    """The context of an operation. `loaders` are its own, so nothing is remembered from one to the next."""

    graph: Graph
    lineages: Lineages
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.graph)

    def fresh(self) -> "Context":
        """The context of another operation."""
        return Context(self.graph, self.lineages)


Info = strawberry.Info[Context, Any]

"""Asking the API over HTTP, without a network between."""

from collections.abc import Mapping
from typing import Any

import httpx

from graph.element_matching import Scoring
from graph.engine import Graph
from graph.filing_check import Checker
from graph.lineage import Lineages
from graph.projection import Projection
from graph.watch import Watch
from resolvers.http import GraphQLApp, graphql_app


class Api:
    """The API on a graph. `statements` counts those of the last request."""

    def __init__(self, graph: Graph, app: GraphQLApp, watch: Watch) -> None:
        self.graph = graph
        self.app = app
        self.watch = watch
        self.statements = 0
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=True), base_url="http://registry"
        )

    async def answer(self, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The whole answer, errors included."""
        before = self.graph.statements
        body = {"query": query, "variables": variables or {}, **more}
        answer: dict[str, Any] = (await self.http.post("/graphql", json=body)).json()
        self.statements = self.graph.statements - before
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = await self.answer(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The only error of an answer."""
        answer = await self.answer(query, variables)
        [error] = answer["errors"]
        found: dict[str, Any] = error
        return found


async def opened(
    graph: Graph, megabytes: int = 64, scoring: Scoring | None = None, checker: Checker | None = None
) -> Api:
    """The API on a graph as it is now; without `megabytes` statements answer lineage."""
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
    watch = Watch(graph)
    app = graphql_app(graph, Lineages(graph, projection), watch=watch, scoring=scoring, checker=checker)
    return Api(graph, app, watch)


def names(connection: Mapping[str, Any]) -> list[str]:
    """The names of a page's nodes."""
    return [node["name"] for node in connection["nodes"]]


def ids(connection: Mapping[str, Any]) -> list[str]:
    """The ids of a page's nodes."""
    return [node["id"] for node in connection["nodes"]]

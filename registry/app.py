"""The service as an ASGI application, and the one place where its parts are wired.

/graphql   the API, and GraphiQL for a browser        /health   the process is there
/          to GraphiQL                                /ready    the graph answers
/metrics   counts for Prometheus                       /export/…  long answers as files
/api/v1/lineage, and /batch below it: OpenLineage events
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.changes import position
from graph.engine import Graph, open_graph
from graph.errors import GraphError
from graph.findings import FindingSearch
from graph.impact import Impacts
from graph.lineage import Lineages
from graph.projection import Projection
from graph.watch import Watch
from registry.exporting.asking import ImpactExports, LineageExports
from registry.exporting.dcat import DcatExports
from registry.exporting.findings import FindingExports
from registry.exporting.service import Exported, Exports
from registry.handover import Handover
from registry.keeping import Keeping
from registry.metrics import CONTENT_TYPE, Metrics
from registry.middleware import Guard, Requests, error_answer, log_slow
from registry.openlineage.body import LONGEST
from registry.openlineage.endpoint import PATHS, Endpoint
from registry.openlineage.intake import Intake
from registry.openlineage.kept import PREFIX
from registry.openlineage.storing import Storing
from registry.settings import Settings
from registry.sources.configured import Rules
from registry.sources.registered import Stored
from registry.sources.schedule import Schedule
from resolvers.http import LONGEST_BODY, graphql_app
from resolvers.options import Answered
from resolvers.questions import Questions
from resolvers.schema import make_schema

__all__ = ["Parts", "create_app", "projection_state"]

log = logging.getLogger("registry.service")

_EXPORTS = (*LineageExports.paths, *ImpactExports.paths, *FindingExports.paths, *DcatExports.paths)
_ROUTES = {path: path for path in ("/", "/graphql", "/health", "/ready", "/metrics", *_EXPORTS, *PATHS)}
_REQUEST_SECONDS = 60
"""The longest time to the first byte of an answer."""
_READY_SECONDS = 5


class Parts:
    """What the service consists of while it runs; there from the application's start to its end."""

    def __init__(
        self,
        settings: Settings,
        graph: Graph,
        observe: Callable[[Answered], None],
        exported: Callable[[Exported], None],
        handover: Handover,
    ) -> None:
        self.settings = settings
        self.graph = graph
        self.handover = handover
        self.schedule = Schedule(graph, settings)
        self.projection = Projection(graph, settings.projection_mb)
        self.lineages = Lineages(graph, self.projection)
        options = replace(settings.api(), observe=observe, worker=handover.name, others=handover.find)
        if handover.folder is not None:
            options.texts.share(handover.folder / "documents")
        self.watch = Watch(graph)
        search, impacts = FindingSearch(graph, self.projection), Impacts(graph, self.projection)
        self.graphql = graphql_app(graph, self.lineages, settings.zone, options, self.watch, search, impacts)
        questions, seconds = Questions(make_schema(settings.zone)), settings.request_seconds
        lineage = LineageExports(questions, self.lineages, seconds)
        impact = ImpactExports(questions, impacts, seconds)
        findings = FindingExports(questions, search)
        offers = [*lineage.offers(), *impact.offers(), *findings.offers(), *DcatExports(graph).offers()]
        self.intake = Intake(Storing(graph, Rules(), Stored(graph, besides=PREFIX)).take)
        self.events = Endpoint(self.intake, settings.lineage_tokens(), settings.zone)
        self.exports = Exports(offers, self.graphql.gate, settings.exports, seconds, exported)

    async def start(self) -> None:
        """Begin with what goes on beside the answering."""
        self.projection.start()
        await self.handover.listen(self.graphql)
        self.intake.start()
        if self.settings.schedules:
            self.schedule.start()

    async def close(self) -> None:
        """End it all; the graph last."""
        await self.graphql.close()
        await self.handover.close()
        await self.projection.close()
        await self.graph.close()


class _Part:
    """A part while the service runs; before and after that nobody is there to answer."""

    def __init__(self, state: State, part: Callable[[Parts], ASGIApp]) -> None:
        self._state = state
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts: Parts | None = self._state.parts
        if parts is not None:
            await self._part(parts)(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
        else:
            answer = error_answer(503, "INTERNAL", "The service is starting or stopping. Try again in a moment.")
            await answer(scope, receive, send)


def create_app(settings: Settings, shared: Path | None = None) -> Starlette:
    """The application. Its lifespan opens the graph (and raises what `open_graph` raises) and closes it.

    `shared` is the folder that several workers share.
    """
    metrics = Metrics()
    state = State({"parts": None})
    api, exports = _Part(state, lambda parts: parts.graphql), _Part(state, lambda parts: parts.exports)
    events = _Part(state, lambda parts: parts.events)

    def observe(answered: Answered) -> None:
        metrics.executed(answered)
        if answered.seconds >= settings.slow_seconds:
            log_slow(answered)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        settings.lay_tables()
        graph = await open_graph(settings.graph())
        parts = state.parts = Parts(settings, graph, observe, metrics.exported, Handover(shared))
        state.keeping = Keeping(parts.projection, parts.watch, metrics)
        await parts.start()
        state.keeping.start()
        try:
            yield
        finally:
            state.parts = None
            await parts.schedule.close()
            await parts.intake.close()
            await state.keeping.close()
            await parts.close()

    async def tell(request: Request) -> Response:
        parts: Parts | None = state.parts
        if parts is not None:
            metrics.look(parts.graph, parts.projection)
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/graphql", api),
            WebSocketRoute("/graphql", api),
            Mount("/graphql", api),
            *(Route(path, events) for path in PATHS),
            Route("/export/{file:path}", exports),
            Route("/health", _health),
            Route("/ready", _ready),
            Route("/metrics", tell),
        ],
        middleware=_middleware(settings, metrics),
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )
    app.state = state
    return app


def _middleware(settings: Settings, metrics: Metrics) -> list[Middleware]:
    """What every request goes through."""
    return [
        Middleware(Requests, metrics=metrics, seconds=_REQUEST_SECONDS, access_log=settings.access_log),
        Middleware(
            Guard,
            open=settings.open,
            routes=_ROUTES,
            limit=LONGEST_BODY,
            limits=dict.fromkeys(PATHS, LONGEST),
            signed=PATHS if settings.lineage_tokens_file else (),
        ),
    ]


def projection_state(projection: Projection) -> dict[str, Any]:
    """How far the in-memory picture of the graph is, as `/ready` tells it."""
    far = projection.progress
    return {
        "state": far.state,
        "done": far.done,
        "total": far.total,
        "things": far.things,
        "links": far.links,
        "megabytes": far.megabytes,
        "sequence": projection.sequence,
    }


async def _page(request: Request) -> Response:
    return RedirectResponse("/graphql", 307)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": version("federated-resource-registry")})


async def _ready(request: Request) -> Response:
    """200 when the graph answers now, else 503; what is asked is the graph, not a memory of it."""
    parts: Parts | None = request.app.state.parts
    if parts is None:
        return JSONResponse({"ready": False, "reason": "the service is starting or stopping"}, 503)
    graph, told = parts.graph, projection_state(parts.projection)
    try:
        async with asyncio.timeout(_READY_SECONDS):
            where = await position(graph)
    except (GraphError, TimeoutError) as error:
        log.warning("not ready: %s", error or f"the graph did not answer within {_READY_SECONDS} s")
        reason = f"the graph does not answer ({type(error).__name__}); the log says more"
        return JSONResponse({"ready": False, "engine": graph.engine, "reason": reason, "projection": told}, 503)
    return JSONResponse(
        {
            "ready": True,
            "engine": graph.engine,
            "version": graph.attachment.version if graph.attachment else graph.agent.removeprefix("Neo4j/"),
            "sequence": where.sequence,
            "projection": told,
        }
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # it is asked about no other
    code = "NOT_FOUND" if error.status_code == 404 else "BAD_INPUT"
    answer = error_answer(error.status_code, code, f"{error.detail}: {request.method} {request.url.path}")
    answer.headers.update(error.headers or {})
    return answer

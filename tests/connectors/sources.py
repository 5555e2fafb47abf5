"""What the tests of connectors share: reading one, and looking at what came."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.addresses import Policy
from connectors.datasets import Column
from connectors.protocol import Connector, Input
from graph.facts import Fact, Finding, Kind, Link, Thing

CASES = Path(__file__).parents[1] / "cases" / "sources"
HERE = Policy(hosts=("127.0.0.1",), seconds=30)
"""Lets the tests' own servers be asked."""

Item = Fact | Finding


class Registry:
    """What is registered: resources by their names, and their columns."""

    def __init__(self, called: Mapping[str, Sequence[str]], columns: Mapping[str, Sequence[Column]]) -> None:
        self._called = called
        self._columns = columns

    async def called(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {name: self._called[name] for name in names if name in self._called}

    async def columns(self, ids: Sequence[str]) -> Mapping[str, Sequence[Column]]:
        return {id: self._columns[id] for id in ids if id in self._columns}


async def read(connector: type[Connector], *paths: Path, addresses: Policy = HERE, **told: Any) -> list[Item]:
    """All that a connector states of these files, or of what its configuration (`config`, a mapping) names."""
    if (config := told.pop("config", None)) is not None:
        told["config"] = connector.config.model_validate(config)
    given = Input(paths, zone=UTC, addresses=addresses, **told)
    return [item async for item in connector(given).pull()]


def things(items: Iterable[Item], kind: Kind) -> dict[str, Thing]:
    """The things of a kind by id; each stands once."""
    found = [item for item in items if isinstance(item, Thing) and item.kind is kind]
    assert len({thing.id for thing in found}) == len(found)
    return {thing.id: thing for thing in found}


def fields(items: Iterable[Item], resource: str) -> dict[str, Thing]:
    """The fields of a resource by name, as they come."""
    found = things(items, Kind.FIELD).values()
    return {thing.values["name"]: thing for thing in found if thing.values["resource"] == resource}


def links(items: Iterable[Item]) -> set[tuple[str, str]]:
    return {(item.start, item.end) for item in items if isinstance(item, Link)}


def codes(items: Iterable[Item]) -> list[str]:
    """The codes of the findings, as they come."""
    return [item.code for item in items if isinstance(item, Finding)]


def findings(items: Iterable[Item]) -> list[Finding]:
    return [item for item in items if isinstance(item, Finding)]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


@asynccontextmanager
async def serving(**handlers: Handler) -> AsyncIterator[str]:
    """A server with a path for each handler (`__` for `/`); its address."""
    app = web.Application()
    for name, handler in handlers.items():
        app.router.add_route("*", "/" + name.replace("__", "/"), handler)
    async with _served(app) as base:
        yield base


@asynccontextmanager
async def serving_files(folder: Path, media_types: Sequence[tuple[str, str]] = ()) -> AsyncIterator[str]:
    """A server of the files in a folder; its address."""

    async def answer(request: web.Request) -> web.StreamResponse:
        path = folder / request.match_info["name"]
        media_type = dict(media_types).get(path.suffix, "application/octet-stream")
        return (
            web.Response(body=path.read_bytes(), content_type=media_type)
            if path.is_file()
            else web.Response(status=404)
        )

    app = web.Application()
    app.router.add_get("/{name:.+}", answer)
    async with _served(app) as base:
        yield base

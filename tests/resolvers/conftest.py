"""The API on the built-in sample, on both engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import registry
from registry.imports import ImportOptions, run_import
from tests.engines import ENGINES, Engines, wipe
from tests.resolvers.asking import Api, opened

SAMPLE = Path(registry.__file__).parent / "sample" / "yancheng.jsonl"


@pytest.fixture(scope="module", params=ENGINES)
async def sample(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Api]:
    """The API on the sample. Loaded once a module: do not write to it, nor use `graph` in the same module."""
    graph = await engines.graph(request.param)
    await wipe(graph)
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        pass
    api = await opened(graph)
    yield api
    await api.http.aclose()

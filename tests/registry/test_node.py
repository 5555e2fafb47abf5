"""What other people's tools say of the API: they need Node and npm, which CI has."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.registry.npm import installed, node
from tests.registry.running import Commands, Service
from tests.resolvers.products import products_app

CLIENT = Path(__file__).parents[2] / "docs" / "typescript"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(sample: Commands) -> Iterator[Service]:
    with sample.serving() as service:
        yield service


def test_the_audit_of_graphql_over_http_passes_whole(packages: Path, service: Service) -> None:
    [results] = node(packages, "audit.mjs", f"{service.url}/graphql")
    assert len(results) >= 61
    assert [result for result in results if result[2] != "ok"] == []


def test_composers_take_the_subgraph(packages: Path, sample: Commands) -> None:
    sdl = sample.run("schema", "--subgraph").out
    assert node(packages, "compose.mjs", given=sdl) == [{"apollo": [], "cosmo": [], "hive": []}]


@contextmanager
def products() -> Iterator[str]:
    """The address of the subgraph that the compatibility suite asks for."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(products_app(), lifespan="off", log_config=None))
    served = threading.Thread(target=server.run, args=([listening],))
    served.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
    finally:
        server.should_exit = True
        served.join()


def test_the_compatibility_suite_of_apollo_passes_whole(packages: Path) -> None:
    installed(packages / "compatibility")
    with products() as url:
        [results] = node(packages, "compatibility.mjs", url)
    features, tests = results["features"], results["tests"]
    assert [test for test in tests if test[1] != "passed"] == []
    assert [feature for feature, passed in features.items() if not passed] == []
    assert (len(features), len(tests)) == (15, 23)


def test_apollo_reads_our_traces(packages: Path, service: Service) -> None:
    body = {"query": '{ mine: departments(first: 1) { nodes { name } } nothing: node(id: "x") { id } }'}
    headers = {"apollo-federation-include-trace": "ftv1"}
    answer = httpx.post(f"{service.url}/graphql", json=body, headers=headers).json()
    [trace] = node(packages, "trace.mjs", answer["extensions"]["ftv1"])
    mine, nothing = trace["root"]["child"]
    assert (mine["responseName"], mine["originalFieldName"]) == ("mine", "departments")
    assert (mine["type"], mine["parentType"]) == ("DepartmentConnection!", "Query")
    [nodes] = mine["child"]
    assert nodes["child"][0]["index"] == 0
    assert nodes["child"][0]["child"][0]["responseName"] == "name"
    assert nothing["originalFieldName"] == "node"
    assert int(trace["durationNs"]) > int(mine["endTime"]) > int(mine["startTime"]) > 0


def test_the_client_of_graphql_sse_is_served_in_both_of_its_modes(packages: Path, sample: Commands) -> None:
    with sample.serving("--workers", "2") as service:
        distinct, single = node(packages, "sse.mjs", f"{service.url}/graphql")
    for heard in (distinct, single):
        assert heard["query"] == [{"data": {"jurisdiction": {"name": "盐城市"}}}]
        assert heard["many"] == 20
        told = [page["data"]["changes"]["changes"] for page in heard["live"] + heard["again"]]
        assert told == [[{"sequence": number}] for number in ("1", "2", "3", "1")]
    assert (distinct["wrong"], single["wrong"]) == ("BAD_INPUT", 400)


def npm(folder: Path, *arguments: str) -> str:
    """What an npm script prints."""
    ran = subprocess.run(["npm", *arguments], cwd=folder, capture_output=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
    return ran.stdout.decode()


def test_the_typed_client_is_generated_checked_and_answered(service: Service) -> None:
    folder = installed(CLIENT)
    npm(folder, "run", "generate")
    npm(folder, "run", "check")
    lines = npm(folder, "start", "--silent", "--", service.url).splitlines()
    assert lines[:3] == ["resource 户籍人口基本信息", "fields 10", "department 盐城市公安局"]
    assert "error NOT_FOUND nobody" in lines
    assert lines[-1] == "change 1"

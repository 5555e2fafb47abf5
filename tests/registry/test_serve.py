"""`registry serve` as a process: when it answers, how it ends, what it refuses, and that it goes on."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from registry.listening import CannotServe, addresses, check_host
from tests.engines import Engines, neo4j_settings, wipe
from tests.registry.running import SAMPLE, Commands, Service

CITY = '{"fact":"jurisdiction","id":"jurisdiction:320900","name":"盐城市"}\n'
REPORT = "resource:320900/市发改委/企业公共信用报告"
MARK = "field:320900/市公安局/户籍人口基本信息/死亡标识"

LINEAGE = """
query ($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!, $asOf: DateTime, $budget: BudgetInput) {
  answer: FIELD(ids: $ids, direction: $direction, level: $level, depth: $depth, asOf: $asOf, budget: $budget) {
    nodes {
      id kind name depth whole more
      resource { id name } system { id name } department { id name } jurisdiction { id name }
    }
    edges { source target count precise flow jobs agreements }
    complete stoppedBy reachedDepth hiddenCount sequence
  }
}
"""

NAME = '{ jurisdiction(id: "jurisdiction:320900") { name } }'


def _engine(commands: Commands) -> int:
    return int(json.loads((commands.data / "engine.json").read_bytes())["pid"])


def _ready(service: Service) -> Any:
    """Wait until its projection is filled."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer = service.get("/ready").json()
        if answer.get("projection", {}).get("state") == "READY":
            return answer
        time.sleep(0.2)
    raise AssertionError("the projection was not filled within a minute")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0_when_it_is_asked_to(sample: Commands, number: int) -> None:
    with sample.serving() as service:
        assert service.get("/health").status_code == 200
        assert service.end(number) == 0


def test_it_can_be_ended_while_it_starts(sample: Commands) -> None:
    process = sample.start("serve", "--port", "0")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)
    process.communicate()


def test_a_taken_port_is_one_sentence_and_a_way_out(sample: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = sample.run("serve", "--port", str(taken.getsockname()[1]))
    assert done.status == 1
    assert "Address already in use" in done.err
    assert "--port" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "registry.example"])
def test_a_host_that_others_reach_is_refused(commands: Commands, host: str) -> None:
    done = commands.run("serve", "--host", host)
    assert done.status == 2
    assert "REGISTRY_OPEN=1" in done.err
    assert "sign-in" in done.err


def test_loopback_is_taken_and_anything_when_it_is_meant() -> None:
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        check_host(host, open=False)
    check_host("0.0.0.0", open=True)
    with pytest.raises(CannotServe, match="anybody"):
        check_host("0.0.0.0", open=False)


def test_an_address_that_is_not_ours_is_an_error(commands: Commands) -> None:
    done = commands.run("serve", "--host", "192.0.2.1", REGISTRY_OPEN="1")
    assert done.status == 1
    assert "192.0.2.1" in done.err


def test_a_graph_that_cannot_be_opened_ends_it_with_1(commands: Commands) -> None:
    for workers in ("1", "2"):
        url = "bolt://127.0.0.1:1"
        done = commands.run("serve", "--port", "0", "--workers", workers, REGISTRY_GRAPH_URL=url)
        assert done.status == 1
        assert "Nothing answers at" in done.err
        assert "Traceback" not in done.err


def test_addresses_of_ipv6_have_brackets() -> None:
    assert addresses("::1", 80)[0] == ("GraphQL", "http://[::1]:80/graphql")


def test_an_import_beside_it_is_seen_by_the_next_answer(commands: Commands) -> None:
    file = commands.here / "city.jsonl"
    with commands.serving() as service:
        before = service.get("/ready").json()
        assert service.ask(NAME) == {"data": {"jurisdiction": None}}
        file.write_text(CITY, encoding="utf-8")
        assert commands.run("import", file).status == 0
        assert service.ask(NAME) == {"data": {"jurisdiction": {"name": "盐城市"}}}
        assert service.get("/ready").json()["sequence"] == before["sequence"] + 1


def test_it_goes_on_when_the_engine_is_killed(commands: Commands) -> None:
    file = commands.here / "city.jsonl"
    file.write_text(CITY, encoding="utf-8")
    assert commands.run("import", file).status == 0
    with commands.serving() as service:
        _ready(service)
        for _ in range(2):
            engine = _engine(commands)
            os.kill(engine, signal.SIGKILL)
            answers = [service.ask(NAME) for _ in range(2)]
            assert answers[-1] == {"data": {"jurisdiction": {"name": "盐城市"}}}, answers
            assert service.get("/ready").status_code == 200
            assert _engine(commands) != engine
        walk = 'query { lineage(ids: ["jurisdiction:320900"], direction: BOTH) { complete } }'
        assert service.ask(walk) == {"data": {"lineage": {"complete": True}}}
        assert service.end() == 0


def test_nothing_acknowledged_is_lost_when_the_service_is_killed(commands: Commands) -> None:
    file = commands.here / "city.jsonl"
    file.write_text(CITY, encoding="utf-8")
    with commands.serving() as service:
        assert commands.run("import", file).status == 0
        service.process.kill()
        service.process.wait(10)
    with commands.serving() as service:
        assert service.ask(NAME) == {"data": {"jurisdiction": {"name": "盐城市"}}}


def _counted(text: str, route: str) -> float:
    lines = [line for line in text.splitlines() if re.match(f'.*total.*route="{route}"', line)]
    return sum(float(line.split()[-1]) for line in lines)


def test_several_workers_share_the_engine_and_end_together(sample: Commands) -> None:
    with sample.serving("--workers", "2") as service:
        assert {service.get("/ready").json()["ready"] for _ in range(6)} == {True}
        until = time.monotonic() + 30
        while _counted(service.get("/metrics").text, "/ready") < 6:  # an answer is counted when it is out
            assert time.monotonic() < until
        assert service.end() == 0


def test_a_document_that_one_worker_was_sent_is_known_to_the_others(sample: Commands) -> None:
    query = "query Sent { __typename }"
    hash = sha256(query.encode()).hexdigest()
    body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}
    with sample.serving("--workers", "2") as service:
        httpx.post(f"{service.url}/graphql", json={**body, "query": query})
        for _ in range(12):
            answer = httpx.post(f"{service.url}/graphql", json=body).json()
            assert answer == {"data": {"__typename": "Query"}}


def test_what_a_killed_worker_said_last_is_forgotten(sample: Commands) -> None:
    def answering(service: Service, workers: int) -> str:
        """The metrics, once so many workers have told theirs."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            text = service.get("/metrics").text
            told = re.findall(r"^registry_projection_state.* (\S+)$", text, re.M)
            if sum(map(float, told)) == workers:
                return text
            time.sleep(0.2)
        raise AssertionError(text)

    with sample.serving("--workers", "2") as service:
        assert "registry_graph_answers 1.0" in answering(service, 2)
        children = psutil.Process(service.process.pid).children()
        worker = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
        worker.kill()
        answering(service, 1)
        answering(service, 2)  # there is another one in its place
        assert service.end() == 0


def test_the_access_log_is_off_and_can_be_put_on(sample: Commands, tmp_path: Path) -> None:
    for settings, logged in (({}, False), ({"REGISTRY_ACCESS_LOG": "1"}, True)):
        log = tmp_path / f"{logged}.log"
        with log.open("w") as stderr, _logging_to(sample, stderr, settings) as service:
            httpx.get(f"{service.url}/health", headers={"x-request-id": "mine-1"})
            service.end()
        lines = [line for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
        assert bool(lines) is logged
        if logged:
            assert json.loads(lines[0])["id"] == "mine-1"


def _logging_to(sample: Commands, stderr: Any, settings: dict[str, str]) -> Any:
    class Logged(Commands):
        def start(self, *arguments: Any, **more: str) -> Any:
            saved = os.dup(2)
            os.dup2(stderr.fileno(), 2)
            try:
                return super().start(*arguments, **more)
            finally:
                os.dup2(saved, 2)
                os.close(saved)

    return Logged(sample.data, sample.here).serving(**settings)


QUESTIONS = [
    (["lineage", REPORT, "--direction", "upstream"], ("lineage", [REPORT], "UPSTREAM", "RESOURCE", 5)),
    (["lineage", MARK, "--level", "field", "--depth", "20"], ("lineage", [MARK], "DOWNSTREAM", "FIELD", 20)),
    (
        ["lineage", "jurisdiction:320900", "--direction", "both", "--level", "department", "--depth", "2"],
        ("lineage", ["jurisdiction:320900"], "BOTH", "DEPARTMENT", 2),
    ),
    (
        ["lineage", "department:320900/市数据局", "--dependencies", "--level", "system", "--direction", "both"],
        ("dependencies", ["department:320900/市数据局"], "BOTH", "SYSTEM", 5),
    ),
    (
        ["lineage", REPORT, "--direction", "upstream", "--as-of", "2019-06-01", "--level", "jurisdiction"],
        ("lineage", [REPORT], "UPSTREAM", "JURISDICTION", 5, "2019-06-01"),
    ),
]


@pytest.fixture(params=["embedded", "neo4j"])
async def holding(
    request: pytest.FixtureRequest, sample: Commands, engines: Engines, tmp_path: Path
) -> AsyncIterator[Commands]:
    """Commands on a graph that holds the sample, on each engine."""
    if request.param == "embedded":
        yield sample
        return
    given = neo4j_settings()
    graph = await engines.graph("neo4j")
    await wipe(graph)
    commands = Commands(tmp_path / "none", tmp_path, REGISTRY_GRAPH_URL=str(given.url))
    if given.password:
        commands.environment["REGISTRY_GRAPH_PASSWORD"] = given.password
    assert commands.run("import", SAMPLE, "--source", "sample").status == 0
    yield commands
    await wipe(graph)


@pytest.mark.parametrize("megabytes", ["0", "100"])
def test_the_command_line_answers_as_the_api_does(holding: Commands, megabytes: str) -> None:
    """Statements answer for the one, a projection for the other."""
    with holding.serving(REGISTRY_PROJECTION_MB=megabytes) as service:
        if megabytes != "0":
            _ready(service)
        for arguments, (field, ids, direction, level, depth, *when) in QUESTIONS:
            variables = {
                "ids": ids,
                "direction": direction,
                "level": level,
                "depth": depth,
                "asOf": next(iter(when), None),
            }
            told = service.ask(LINEAGE.replace("FIELD(", f"{field}("), **variables)
            assert "errors" not in told, told
            assert holding.run(*arguments, "--format", "json").json == told["data"]["answer"]


def test_a_cut_answer_is_cut_alike(sample: Commands) -> None:
    budget = {"maxNodes": 7, "maxPerNode": 3}
    variables = {"ids": [MARK], "direction": "DOWNSTREAM", "level": "FIELD", "depth": 9, "budget": budget}
    with sample.serving() as service:
        told = service.ask(LINEAGE.replace("FIELD(", "lineage("), **variables)
    options = ("--level", "field", "--depth", "9", "--max-nodes", "7", "--max-per-node", "3")
    answer = sample.run("lineage", MARK, *options, "--format", "json").json
    assert answer == told["data"]["answer"]
    assert "NODES" in answer["stoppedBy"]


def test_the_recipe_of_a_python_client_works(sample: Commands) -> None:
    page = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text(encoding="utf-8")
    [recipe] = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    names: dict[str, Any] = {}
    exec(recipe, names)
    with sample.serving() as service:
        query = """query($after: String) { departments(first: 3, after: $after) {
          nodes { id } pageInfo { hasNextPage endCursor } } }"""
        found = list(names["pages"](service.url, query, "departments"))
        total = names["ask"](service.url, "{ departments { totalCount } }")["departments"]["totalCount"]
        assert len(found) == total > 3
        with pytest.raises(names["RegistryError"]) as raised:
            names["ask"](service.url, '{ lineage(ids: ["nobody"], direction: UPSTREAM) { complete } }')
        assert raised.value.code == "NOT_FOUND"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_streams_end_with_the_service_and_hold_it_up_by_nothing(sample: Commands, workers: str) -> None:
    body = {"query": "subscription { changes(since: 0) { sequence } }"}
    with sample.serving("--workers", workers) as service:
        headers = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{service.url}/graphql", json=body, headers=headers, timeout=30) as stream:
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event")) == "event: next"
            began = time.monotonic()
            assert service.end() == 0
            assert time.monotonic() - began < 8
            assert "event: complete" not in list(lines)


def test_a_reserved_stream_is_answered_by_whichever_worker(sample: Commands) -> None:
    with sample.serving("--workers", "2") as service:
        url = f"{service.url}/graphql"
        tokens: dict[str, str] = {}
        until = time.monotonic() + 60
        while len(tokens) < 2 and time.monotonic() < until:  # each connection is taken by one of them
            token = httpx.put(url).text
            tokens[token.partition(".")[0]] = token
        for token in tokens.values():
            headers = {"x-graphql-event-stream-token": token}
            with httpx.stream("GET", url, headers={**headers, "accept": "text/event-stream"}, timeout=30) as stream:
                assert stream.status_code == 200
                lines = stream.iter_lines()
                for number in range(20):
                    body = {"query": NAME, "extensions": {"operationId": str(number)}}
                    assert httpx.post(url, json=body, headers=headers).status_code == 202
                    told = [json.loads(line[5:]) for line in islice(_data(lines), 2)]
                    answer = {"data": {"jurisdiction": {"name": "盐城市"}}}
                    assert told == [{"id": str(number), "payload": answer}, {"id": str(number)}]
                body = {"query": "subscription { changes(since: 0) { head } }", "extensions": {"operationId": "live"}}
                assert httpx.post(url, json=body, headers=headers).status_code == 202
                assert json.loads(next(_data(lines))[5:])["id"] == "live"
                for _ in range(10):
                    assert httpx.post(url, json=body, headers=headers).status_code == 409
                    assert httpx.put(url, headers=headers).status_code == 409
                assert httpx.delete(url, params={"operationId": "live"}, headers=headers).status_code == 200
        assert len(tokens) == 2
        assert service.end() == 0


def _data(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if line.startswith("data:"))

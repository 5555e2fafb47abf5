"""`/api/v1/lineage` in this process: what is taken, and how everything else is refused."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette

from connectors.openlineage_events import Event, read_event
from graph.embedded import wait_until_ended
from graph.errors import Unreachable
from registry.app import create_app
from registry.openlineage import intake as intakes
from registry.openlineage.body import DEEPEST, LONGEST, MOST_EVENTS
from registry.openlineage.endpoint import Endpoint
from registry.openlineage.intake import Fate, Full, Intake
from registry.openlineage.tokens import WrongTokens, read_tokens
from registry.settings import SettingsError, load_settings
from tests.registry.openlineage.said import event

PATH = "/api/v1/lineage"
JSON = {"content-type": "application/json"}


class Store:
    """Notes what it is given, and fails where it is told to."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.error: Exception | None = None
        self.poison = ""
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, events: Sequence[Event]) -> None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.poison in {one.run for one in events}:
            raise RuntimeError("what must not be told")
        self.groups.append([one.run for one in events])


@pytest.fixture
async def store() -> Store:
    return Store()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the endpoint alone."""
    intake = Intake(store.take)
    intake.start()
    endpoint = Endpoint(intake, None, load_settings().zone)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://localhost") as client:
        yield client
    store.gate.set()
    await intake.close()


async def test_an_event_is_taken(client: httpx.AsyncClient, store: Store) -> None:
    answer = await client.post(PATH, json=event(1))
    assert answer.status_code == 201
    assert answer.json()["summary"] == {
        "received": 1,
        "successful": 1,
        "failed": 0,
        "retriable": 0,
        "non_retriable": 0,
    }
    assert store.groups == [["r1"]]


@pytest.mark.parametrize("path", [PATH, PATH + "/batch"])
async def test_a_batch_tells_which_events_are_none(client: httpx.AsyncClient, store: Store, path: str) -> None:
    wrong = {**event(1), "run": {}}
    answer = await client.post(path, json=[event(1), wrong, event(2, run="r2"), 5])
    assert answer.status_code == 207
    assert answer.json() == {
        "status": "partial_success",
        "summary": {"received": 4, "successful": 2, "failed": 2, "retriable": 0, "non_retriable": 2},
        "failed_events": [
            {"index": 1, "reason": "run.runId is missing", "retriable": False},
            {"index": 3, "reason": "an event must be a JSON object", "retriable": False},
        ],
    }
    assert store.groups == [["r1", "r2"]]
    whole = await client.post(path, json=[event(1)])
    assert (whole.status_code, whole.json()["status"]) == (200, "success")
    assert (await client.post(path, json=[5])).status_code == 422


async def test_what_is_packed_is_unpacked_within_the_limit(client: httpx.AsyncClient) -> None:
    headers = {**JSON, "content-encoding": "gzip"}
    whole = gzip.compress(orjson.dumps(event(1)))
    assert (await client.post(PATH, content=whole, headers=headers)).status_code == 201
    for wrong in (whole[:-9], b"no gzip", whole + whole):
        answer = await client.post(PATH, content=wrong, headers=headers)
        assert (answer.status_code, "gzip" in answer.text) == (400, True)
    bomb = gzip.compress(b" " * (50 * LONGEST))
    assert len(bomb) < LONGEST
    assert (await client.post(PATH, content=bomb, headers=headers)).status_code == 413


REFUSED: list[tuple[bytes, dict[str, str], int, str]] = [
    (b"{", JSON, 400, "not JSON"),
    (b'{"a": "\xff"}', JSON, 400, "not JSON"),
    (b"[" * 5000, JSON, 400, "not JSON"),
    (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), JSON, 400, "deeper than"),
    (b"{}", {"content-type": "text/plain"}, 415, "application/json"),
    (b"{}", {}, 415, "application/json"),
    (b"{}", {**JSON, "content-encoding": "br"}, 415, "gzip"),
    (b"{}", JSON, 422, "eventTime is missing"),
    (b"7", JSON, 422, "must be a JSON object"),
    (b"[" + b",".join([b"1"] * (MOST_EVENTS + 1)) + b"]", JSON, 413, "1,000 events"),
]


@pytest.mark.parametrize(("content", "headers", "status", "message"), REFUSED)
async def test_what_cannot_be_taken_is_refused_with_a_reason(
    client: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int, message: str
) -> None:
    answer = await client.post(PATH, content=content, headers=headers)
    assert answer.status_code == status
    assert message in answer.json()["errors"][0]["message"]


async def test_other_methods_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await client.post(PATH + "/batch", json=event(1))).status_code == 422


async def test_a_graph_that_is_away_is_told_as_to_be_tried_again(client: httpx.AsyncClient, store: Store) -> None:
    store.error = Unreachable("Away with secrets.", "Wait.")
    for answer in (await client.post(PATH, json=event(1)), await client.post(PATH, json=[event(1), event(2)])):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "secrets" not in answer.text
    mixed = await client.post(PATH, json=[event(1), 5])
    assert [one["retriable"] for one in mixed.json()["failed_events"]] == [True, False]


async def test_one_event_that_cannot_be_taken_holds_up_no_other(client: httpx.AsyncClient, store: Store) -> None:
    store.poison = "bad"
    answer = await client.post(PATH, json=[event(1), event(2, run="bad"), event(3, run="r3")])
    assert answer.status_code == 207
    assert [one["index"] for one in answer.json()["failed_events"]] == [1]
    assert "must not be told" not in answer.text
    assert store.groups == [["r1"], ["r3"]]
    assert (await client.post(PATH, json=event(2, run="bad"))).status_code == 500


async def test_events_that_wait_together_are_taken_together(client: httpx.AsyncClient, store: Store) -> None:
    store.gate.clear()
    sent = [asyncio.create_task(client.post(PATH, json=event(at, run=f"r{at}"))) for at in range(5)]
    while len(store.groups) == 0:
        await asyncio.sleep(0.01)
        store.gate.set()
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert sum(map(len, store.groups)) == 5
    assert len(store.groups) < 5


async def test_more_than_may_wait_is_refused(store: Store) -> None:
    intake = Intake(store.take)
    store.gate.clear()
    intake.start()
    one = read_event(event(1))
    first = asyncio.create_task(intake.put([one] * intakes.MOST_AT_ONCE))
    await asyncio.sleep(0)
    more = asyncio.create_task(intake.put([one] * intakes.MOST_WAITING))
    await asyncio.sleep(0.01)
    with pytest.raises(Full):
        await intake.put([one])
    store.gate.set()
    assert set(await first) | set(await more) == {Fate.TAKEN}
    await intake.close()
    with pytest.raises(Full):
        await intake.put([one])


async def test_what_waits_is_taken_before_the_end(store: Store) -> None:
    intake = Intake(store.take)
    waiting = asyncio.create_task(intake.put([read_event(event(1))]))
    await asyncio.sleep(0)
    intake.start()
    await intake.close()
    assert await waiting == [Fate.TAKEN]


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def test_tokens_are_known_by_their_hashes(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# who\n\nairflow {hashed('one')}\nspark {hashed('two').upper()}\n", encoding="utf-8")
    tokens = read_tokens(file)
    assert [tokens.holder(token) for token in ("one", "two", "", "three", hashed("one"))] == [
        "airflow",
        "spark",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no token"),
        ("airflow plain-token", "line 1: must be a name and the SHA-256"),
        (f"{hashed('x')}", "line 1"),
        (f"a {hashed('x')}\na {hashed('y')}", "line 2: the name a stands there twice"),
    ],
)
def test_a_file_of_tokens_that_is_wrong_is_told_without_its_content(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongTokens, match=message) as error:
        read_tokens(file)
    assert "plain-token" not in str(error.value)
    with pytest.raises(SettingsError, match="REGISTRY_LINEAGE_TOKENS_FILE"):
        load_settings(lineage_tokens_file=file)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Starlette]:
    """The whole application, with a token for events."""
    (tmp_path / "tokens").write_text(f"airflow {hashed('secret')}\n", encoding="utf-8")
    data = tmp_path / "data"
    settings = load_settings(
        data=data, heap_mb=512, linger_seconds=0.1, projection_mb=50, lineage_tokens_file=tmp_path / "tokens"
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app
    wait_until_ended(data)


def _client(app: Any, base: str = "http://localhost:8000") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base, timeout=60)


async def test_the_whole_service_takes_events_of_who_has_a_token(app: Starlette) -> None:
    signed = {"authorization": "Bearer secret"}
    async with _client(app) as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic secret"}):
            answer = await client.post(PATH, json=event(1), headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        sent = await client.post(PATH, json=event(1, inputs=["a"], outputs=["b"]), headers=signed)
        assert sent.status_code == 201
        start = "resource:postgres://db1:5432/a"
        asked = await client.post(
            "/graphql", json={"query": f'{{ lineage(ids: ["{start}"], direction: DOWNSTREAM) {{ edges {{ jobs }} }} }}'}
        )
        assert asked.json() == {"data": {"lineage": {"edges": [{"jobs": ["n/j"]}]}}}
        # Longer than what is asked of GraphQL, and no more than what is taken here.
        long = {**event(2), "run": {"runId": "r2", "facets": {"x": {"y": "z" * 2_000_000}}}}
        assert (await client.post(PATH, json=long, headers=signed)).status_code == 201
        long["run"]["facets"]["x"]["y"] = "z" * LONGEST
        assert (await client.post(PATH, json=long, headers=signed)).status_code == 413
        assert 'route="/api/v1/lineage",status="201"' in (await client.get("/metrics")).text
    async with _client(app, "http://registry.example") as client:
        assert (await client.post(PATH, json=event(3), headers=signed)).status_code == 201
        assert (await client.get("/health")).status_code == 421

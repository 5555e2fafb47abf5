"""A load of mixed questions on a running service, each answer compared with that to the same question asked alone.

    load = Load(url, questions())
    await load.prepare()
    await load.run(lambda: load.answers > 10_000, connections=16, writer=writer)
    assert not load.wrong

While the writer imports, answers to what it touches may only go forward: none is older than what was told before it
was asked, whichever worker told it, nor than the last import that was reported as written.
"""

import asyncio
import hashlib
import itertools
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from graphql import get_introspection_query

from graph.changes import position
from graph.engine import Graph
from registry.imports import ImportOptions, run_import
from tests.bench.graphql_http import HOSTILE

JSON = "application/json"
RESPONSE = "application/graphql-response+json"

Told = tuple[int, str, bytes]
"""Status, content type and body of an answer."""


def _as_it_is(body: bytes) -> bytes:
    return body


def _without_comments(body: bytes) -> bytes:
    """Server-sent events, without what is sent while nothing happens."""
    return body.replace(b":\n\n", b"")


def _without_extensions(body: bytes) -> bytes:
    return orjson.dumps({name: value for name, value in orjson.loads(body).items() if name != "extensions"})


@dataclass(frozen=True, eq=False)
class Question:
    """A request of some kind. `compared` is what of the answer's body is the same each time."""

    kind: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    compared: Callable[[bytes], bytes] = _as_it_is

    async def ask(self, session: aiohttp.ClientSession, url: str) -> Told:
        """The answer, as it is compared."""
        request = session.request(self.method, url, headers=self.headers, params=self.params, data=self.body)
        async with request as answer:
            body = await answer.read()
            return answer.status, answer.headers.get("content-type", ""), self.compared(body)


def post(kind: str, query: str | None, variables: Any = None, accept: str = JSON, **more: Any) -> Question:
    """A question as a POST of JSON."""
    given = {"query": query, "variables": variables, **more}
    body = json.dumps({name: value for name, value in given.items() if value is not None}).encode()
    return Question(kind, headers={"content-type": JSON, "accept": accept}, body=body)


def get(kind: str, query: str, variables: Any = None) -> Question:
    """A question as a GET."""
    given = {"query": query} | ({"variables": json.dumps(variables)} if variables else {})
    return Question(kind, "GET", {"accept": RESPONSE}, given)


LOOK_UP = "query($id: ID!) { node(id: $id) { __typename id name inForce ... on Resource { code provider { name } } } }"
NESTED = """query($first: Int!) { departments(filter: {jurisdiction: "jurisdiction:320900"}, first: $first) { totalCount
  nodes { name systems(first: 5) { nodes { name resources(first: 5) { totalCount nodes { name fields(first: 5) { nodes {
  name element { name } } } } } } } } pageInfo { hasNextPage endCursor } } }"""
LIST = """query($by: OrderBy!) { resources(filter: {jurisdiction: "jurisdiction:320900", shareType: CONDITIONAL},
  orderBy: {by: $by, direction: DESC}, first: 20) { totalCount nodes { id code }
  facets { department { value count } } } }"""
LINEAGE = """query($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!) {
  lineage(ids: $ids, direction: $direction, level: $level, depth: $depth) { nodes { id kind name depth whole more
  department { id name } node { __typename name } } edges { source target count precise jobs agreements }
  complete stoppedBy reachedDepth } }"""
COUNTS = """query($ids: [ID!]!) { lineageCounts(ids: $ids, direction: BOTH, level: SYSTEM) { total
  byDepth { depth count } byDepartment { count department { name } } complete } }"""
SEARCH = """query($text: String!, $kinds: [NodeKind!]) { search(text: $text, kinds: $kinds, first: 10) { totalCount
  edges { rank match { key text start end } node { id name } } pageInfo { hasNextPage endCursor } } }"""
ENTITIES = "query($them: [_Any!]!) { _entities(representations: $them) { ... on Node { id name } } }"
KNOWN = (
    "resource:320900/市公安局/户籍人口基本信息",
    "department:320900/市公安局",
    "system:320900/市数据局/人口库",
    "jurisdiction:320900",
    "field:320900/市公安局/户籍人口基本信息/死亡标识",
    "element:320900/姓名",
    "agreement:320900/2022-001",
    "nothing",
)


def _usual() -> Iterator[Question]:
    for id in KNOWN:
        yield post("look-up", LOOK_UP, {"id": id})
        yield get("GET", LOOK_UP, {"id": id})
    for first in (1, 10, 40):
        yield post("nested list", NESTED, {"first": first})
    for by in ("ID", "NAME", "CODE"):
        yield post("list", LIST, {"by": by})
    for text, kinds in (("人口", None), ("户籍", ["RESOURCE", "FIELD"]), ("公安", ["DEPARTMENT"]), ("没有这个", None)):
        yield post("search", SEARCH, {"text": text, "kinds": kinds})
    for direction, level in itertools.product(("UPSTREAM", "DOWNSTREAM", "BOTH"), ("FIELD", "RESOURCE", "DEPARTMENT")):
        asked = {"ids": [KNOWN[0]], "direction": direction, "level": level, "depth": 10}
        yield post("lineage", LINEAGE, asked)
        yield post("dependencies", LINEAGE.replace("lineage(", "dependencies("), {**asked, "ids": [KNOWN[2]]})
    for id in KNOWN[:4]:
        yield post("counts", COUNTS, {"ids": [id]})
    yield post("counts", COUNTS, {"ids": [KNOWN[0]]}, extensions={"cost": True})
    them = [{"__typename": "Resource", "id": KNOWN[0]}, {"__typename": "Jurisdiction", "code": "320900"}]
    yield post(
        "entities", ENTITIES, {"them": [*them, {"__typename": "Resource", "id": "nothing"}, {"__typename": "No"}]}
    )
    yield post("introspection", get_introspection_query())
    traced = post("trace", "{ mine: departments(first: 2) { nodes { name } } }")
    headers = {**traced.headers, "apollo-federation-include-trace": "ftv1"}
    yield replace(traced, headers=headers, compared=_without_extensions)
    yield replace(post("events", LOOK_UP, {"id": KNOWN[0]}, "text/event-stream"), compared=_without_comments)


def _mistakes() -> Iterator[Question]:
    wrong = {
        "argument": "{ departments(first: -1) { totalCount } }",
        "deep": '{ a: department(id: "department:320900/市公安局") { parts(after: "x") { totalCount } } }',
        "unknown": '{ lineage(ids: ["nothing"], direction: UPSTREAM) { complete } }',
        "field": "{ nothing }",
        "syntax": "{ node(id: ",
        "variable": "query($id: ID!) { node(id: $id) { id } }",
        "subscription": "subscription { changes(since: 0) { sequence } }",
        "mutation": "mutation { nothing }",
    }
    for query in (*wrong.values(), *HOSTILE.values()):
        for accept in (JSON, RESPONSE):
            yield post("mistake" if query in wrong.values() else "hostile", query, accept=accept)
    yield post("costly", "{ resources(first: 1000) { nodes { fields(first: 1000) { nodes { name } } } } }")
    yield post("mistake", "query A { a: __typename } query B { b: __typename }", operationName="C")
    yield post("mistake", "{ __typename }", [1])
    headers = {"content-type": JSON, "accept": JSON}
    yield Question("unfit", headers=headers, body=b'[{"query": "{ __typename }"}]')
    yield Question("unfit", headers=headers, body=b'{"query": ')
    yield Question("unfit", headers=headers, body=b"\xff\xfe")
    yield Question("unfit", headers=headers, body=b" " * 1_000_001)
    yield Question("unfit", headers={"content-type": "text/plain"}, body=b"{ __typename }")
    yield Question("unfit", headers={**headers, "accept": "image/png"}, body=b"{}")
    yield Question("unfit", headers={**headers, "origin": "http://elsewhere"}, body=b"{}")
    yield Question("unfit", "PUT", headers, body=b"{}")


def questions() -> list[Question]:
    """Questions on a graph that holds the sample and what a `Writer` writes, but not on the latter."""
    return [*_usual(), *_mistakes()]


@dataclass(frozen=True)
class Touched:
    """A question on what is being written: the number that it tells may only grow."""

    measure: str
    question: Question
    number: Callable[[Any], int]


CHANGES = "subscription($since: Sequence!) { changes(since: $since, first: 10) { changes { sequence } } }"


def _version(thing: Any) -> int:
    return int(thing["name"].removeprefix("负荷"))


def _touched(measure: str, query: str, number: Callable[[Any], int], variables: Any = None) -> Touched:
    return Touched(measure, post("touched", query, variables), number)


WIDE = 'ids: ["load:0"], direction: DOWNSTREAM, budget: {maxNodes: 10000, maxPerNode: 10000}'
TOUCHED = (
    _touched("version", '{ node(id: "load:0") { name } }', lambda data: _version(data["node"])),
    _touched(
        "version",
        '{ resources(filter: {ids: "load:0"}) { nodes { name } } }',
        lambda data: _version(data["resources"]["nodes"][0]),
    ),
    _touched(
        "version",
        ENTITIES,
        lambda data: _version(data["_entities"][0]),
        {"them": [{"__typename": "Resource", "code": "load"}]},
    ),
    _touched(
        "version",
        '{ lineage(ids: ["load:0"], direction: UPSTREAM) { nodes { name } } }',
        lambda data: _version(data["lineage"]["nodes"][0]),
    ),
    _touched("links", f"{{ lineage({WIDE}) {{ nodes {{ id }} }} }}", lambda data: len(data["lineage"]["nodes"])),
    _touched(
        "links",
        '{ resource(id: "load:0") { feeds(first: 0) { totalCount } } }',
        lambda data: int(data["resource"]["feeds"]["totalCount"]) + 1,
    ),
    _touched(
        "things",
        '{ resources(filter: {department: "load:department"}, first: 0) { totalCount } }',
        lambda data: int(data["resources"]["totalCount"]),
    ),
    _touched(
        "things",
        '{ department(id: "load:department") { resources(first: 1) { totalCount } } }',
        lambda data: int(data["department"]["resources"]["totalCount"]),
    ),
    _touched("sequence", f"{{ lineage({WIDE}) {{ sequence }} }}", lambda data: int(data["lineage"]["sequence"])),
    _touched("sequence", "{ changes(since: 0, first: 1) { head } }", lambda data: int(data["changes"]["head"])),
)


class Writer:
    """Imports one after the other: each gives `load:0` a name with its number, and one more resource that it feeds."""

    def __init__(self, graph: Graph, folder: Path) -> None:
        self._graph = graph
        self._file = folder / "load.jsonl"
        self.written = 0

    async def write(self) -> dict[str, int]:
        """Import once; what is there then, by measure."""
        number = self.written + 1
        provided = {"provider": "load:department"}
        facts = [
            {"fact": "department", "id": "load:department", "name": "负荷部门"},
            {"fact": "resource", "id": "load:0", "name": f"负荷{number}", "code": "load", **provided},
            {"fact": "resource", "id": f"load:{number}", "name": f"负荷 {number}", **provided},
            {"fact": "feeds", "from": "load:0", "to": f"load:{number}"},
        ]
        self._file.write_bytes(b"".join(orjson.dumps(fact) + b"\n" for fact in facts))
        with await run_import(self._graph, [self._file], ImportOptions(source="load")):
            self.written = number
        sequence = (await position(self._graph)).sequence
        return {"version": number, "links": number + 1, "things": number + 1, "sequence": sequence}


class Load:
    """Asks a service at `url`, and keeps how long answers took, and which were wrong."""

    def __init__(self, url: str, asked: Sequence[Question]) -> None:
        self._url = f"{url}/graphql"
        self._questions = asked
        self._expected: dict[Question, Told] = {}
        self._least: dict[str, int] = defaultdict(int)
        self.times: dict[str, list[float]] = defaultdict(list)
        """Milliseconds of each answer, by kind."""
        self.wrong: list[str] = []
        """What went wrong, each told once."""
        self.events: list[list[int]] = []
        """The sequences that each subscriber was told, in order; the first is that from which it asked."""
        self.late = 0
        """How many answers said that there was not enough time."""
        self.left = 0
        """How many times somebody went away without waiting for the answer."""

    @property
    def answers(self) -> int:
        """How many were compared."""
        return sum(map(len, self.times.values()))

    async def prepare(self) -> None:
        """Ask each question alone; what is told now is what is expected."""
        async with aiohttp.ClientSession() as session:
            for question in self._questions:
                told = await question.ask(session, self._url)
                self._expected[question] = told
                if told[0] >= 500 or b"errorId" in told[2]:
                    self._note(question.kind, f"alone: {told}")
            await self._persist(session)

    async def _persist(self, session: aiohttp.ClientSession) -> None:
        """Questions by hash: a document that one worker has been sent is known to all."""
        kept = []
        for number, id in enumerate(KNOWN[:3]):
            query = f"query Kept{number}($id: ID!) {{ node(id: $id) {{ id name }} }}"
            hash = hashlib.sha256(query.encode()).hexdigest()
            extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash}}
            by_hash, whole = (post("by hash", text, {"id": id}, extensions=extensions) for text in (None, query))
            missing, told = await by_hash.ask(session, self._url), await whole.ask(session, self._url)
            if b"PERSISTED_QUERY_NOT_FOUND" not in missing[2] or b'"data"' not in told[2]:
                self._note("by hash", f"alone: {missing}, {told}")
            self._expected |= {by_hash: told, whole: told}
            kept += [by_hash, whole]
        self._questions = [*self._questions, *kept]

    async def run(self, enough: Callable[[], bool], connections: int, writer: Writer | None = None) -> None:
        """Ask until it is enough, over so many connections; each kind of question as often as the others."""
        async with AsyncExitStack() as stack:
            if writer is not None:
                await self._import(writer)
                for follow in (self._server_sent, self._socket):
                    await stack.enter_async_context(self._following(follow))
            work = [self._client(number, enough, writer is not None) for number in range(connections)]
            work += [self._leaver(enough)] + ([self._writer(writer, enough)] if writer else [])
            await asyncio.gather(*work)
            if writer is not None:
                await self._caught_up()

    def _note(self, kind: str, what: str) -> None:
        if len(self.wrong) < 100:
            self.wrong.append(f"{kind}: {what[:1_000]}")

    async def _import(self, writer: Writer) -> None:
        began = time.perf_counter()
        self._raise(await writer.write())
        self.times["import"].append((time.perf_counter() - began) * 1000)

    def _raise(self, numbers: Mapping[str, int]) -> None:
        for measure, number in numbers.items():
            self._least[measure] = max(self._least[measure], number)

    async def _writer(self, writer: Writer, enough: Callable[[], bool]) -> None:
        while not enough():
            await self._import(writer)
            await asyncio.sleep(0.2)

    async def _client(self, number: int, enough: Callable[[], bool], written: bool) -> None:
        chosen = random.Random(number)
        kinds = defaultdict(list)
        for question in self._questions:
            kinds[question.kind].append(question)
        choices: list[Sequence[Question | Touched]] = [*kinds.values(), *([TOUCHED] if written else [])]
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
            while not enough():
                one = chosen.choice(chosen.choice(choices))
                try:
                    await (self._compared(session, one) if isinstance(one, Question) else self._measured(session, one))
                except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError) as error:
                    self._note("failed", f"{one}: {error!r}")

    async def _compared(self, session: aiohttp.ClientSession, question: Question) -> None:
        began = time.perf_counter()
        told = await question.ask(session, self._url)
        self.times[question.kind].append((time.perf_counter() - began) * 1000)
        if told != self._expected[question] and not self._is_late(told[2]):
            self._note(question.kind, f"{question.body!r} {question.params} told {told!r}")

    async def _measured(self, session: aiohttp.ClientSession, touched: Touched) -> None:
        least = self._least[touched.measure]
        began = time.perf_counter()
        _, _, body = await touched.question.ask(session, self._url)
        self.times["touched"].append((time.perf_counter() - began) * 1000)
        if self._is_late(body):
            return
        number = touched.number(orjson.loads(body)["data"])
        if number < least:
            self._note("touched", f"{touched.question.body!r} told {number} after {least}")
        self._raise({touched.measure: number})

    def _is_late(self, body: bytes) -> bool:
        late = b'"TIMEOUT"' in body
        self.late += late
        return late

    async def _leaver(self, enough: Callable[[], bool]) -> None:
        """Somebody who asks for much and goes away."""
        chosen = random.Random(-1)
        heavy = [one for one in self._questions if one.kind in ("lineage", "nested list", "search", "introspection")]
        while not enough():
            async with aiohttp.ClientSession() as session:
                with suppress(TimeoutError, aiohttp.ClientError):
                    async with asyncio.timeout(chosen.uniform(0.0005, 0.02)):
                        await chosen.choice(heavy).ask(session, self._url)
            self.left += 1
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def _following(self, follow: Callable[[str, int], AsyncIterator[Any]]) -> AsyncIterator[None]:
        told = [self._least["sequence"]]
        self.events.append(told)

        async def take() -> None:
            async for page in follow(CHANGES, told[0]):
                told.extend(int(change["sequence"]) for change in page["data"]["changes"]["changes"])

        following = asyncio.create_task(take())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _server_sent(self, query: str, since: int) -> AsyncIterator[Any]:
        asked = post("", query, {"since": str(since)}, "text/event-stream")
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self._url, headers=asked.headers, data=asked.body) as answer,
        ):
            async for line in answer.content:
                if line.startswith(b"data: "):
                    yield orjson.loads(line[6:])

    async def _socket(self, query: str, since: int) -> AsyncIterator[Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(self._url, protocols=["graphql-transport-ws"]) as socket,
        ):
            await socket.send_json({"type": "connection_init"})
            await socket.receive_json()
            payload = {"query": query, "variables": {"since": str(since)}}
            await socket.send_json({"type": "subscribe", "id": "1", "payload": payload})
            async for message in socket:
                event = orjson.loads(message.data)
                if event["type"] == "ping":
                    await socket.send_json({"type": "pong"})
                elif event["type"] == "next":
                    yield event["payload"]

    async def _caught_up(self) -> None:
        """Wait until all subscribers have been told the last change; each was told every one, in order."""
        last = self._least["sequence"]
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while any(told[-1] < last for told in self.events[-2:]):
                    await asyncio.sleep(0.1)
        for told in self.events[-2:]:
            if told != list(range(told[0], last + 1)):
                self._note("events", f"{len(told)} from {told[0]} up to {told[-1]}, the last is {last}")

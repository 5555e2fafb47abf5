"""What the service tells of itself: traces sent to a collector, and its log as text or JSON."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Literal

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from registry.middleware import request_id
from registry.telemetry import log_to_standard_error, send_traces
from tests.registry.running import Commands

TRACE = "0af7651916cd43dd8448eb211c80319c"


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
    """A collector of traces on loopback: its address, and the spans that have come."""
    spans: list[Any] = []

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told = ExportTraceServiceRequest.FromString(body)
            spans.extend(span for one in told.resource_spans for part in one.scope_spans for span in part.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collect) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", spans
        server.shutdown()
        thread.join()


def test_traces_go_from_the_request_down_to_the_statement(sample: Commands) -> None:
    query = "query Named($id: ID!) { department(id: $id) { name } }"
    with collector() as (url, spans):
        with sample.serving(OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_COMPRESSION="none") as service:
            headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-request-id": "request-7"}
            body = {"query": query, "variables": {"id": "secret-42"}}
            assert httpx.post(f"{service.url}/graphql", json=body, headers=headers).status_code == 200
            assert service.end() == 0
        mine = {span.name: span for span in spans if span.trace_id.hex() == TRACE}
        assert mine.keys() == {"POST /graphql", "graphql", "graph read"}
        request, operation, statement = mine["POST /graphql"], mine["graphql"], mine["graph read"]
        assert request.parent_span_id.hex() == "b7ad6b7169203331"
        assert (operation.parent_span_id, statement.parent_span_id) == (request.span_id, operation.span_id)
        told = {one.key: one.value for span in mine.values() for one in span.attributes}
        assert told["registry.request.id"].string_value == "request-7"
        assert told["graphql.operation.name"].string_value == "Named"
        assert "MATCH" in told["db.query.text"].string_value
        assert told["http.response.status_code"].int_value == 200
        assert "secret-42" not in str(spans)


def test_nothing_is_sent_where_nobody_said_where_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    send_traces()
    from opentelemetry import trace

    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"


THE_REST = """
import gc, logging, warnings
from collections import namedtuple
from registry.telemetry import log_the_rest, log_to_standard_error

class Broken:
    def __del__(self):
        raise ValueError("broken")

async def forgotten(): ...

log_to_standard_error("json")
log_the_rest()
made, pair = [forgotten()], namedtuple("Pair", "a")
made.append(made)
gc.disable()
gc.set_threshold(1)
del made
gc.enable()
pair(1)
gc.collect()
forgotten()
warnings.warn("old")
logging.getLogger("asyncio").error("a task")
del (broken := [Broken()])[0]
"""


def test_what_python_says_by_itself_is_logged_too_but_no_coroutine_that_was_left() -> None:
    ran = subprocess.run([sys.executable, "-c", THE_REST], capture_output=True, text=True, check=True, timeout=60)
    told = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["logger"] for line in told] == ["py.warnings", "asyncio", "registry.service"]
    assert "old" in told[0]["message"]
    assert "ValueError: broken" in told[2]["error"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_has_the_id_of_the_request(form: Literal["text", "json"], capsys: pytest.CaptureFixture[str]) -> None:
    loggers = [logging.getLogger(name) for name in ("registry", "graph", "resolvers", "uvicorn", "registry.access")]
    before = [(logger, logger.handlers, logger.propagate, logger.level) for logger in loggers]
    log_to_standard_error(form)
    mark = request_id.set("request-7")
    try:
        logging.getLogger("registry.service").info("盐城 %s", 1)
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            logging.getLogger("graph.projection").error("failed", exc_info=error)
    finally:
        request_id.reset(mark)
        for logger, handlers, propagate, level in before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
    lines = capsys.readouterr().err.splitlines()
    if form == "text":
        assert "INFO [request-7] 盐城 1" in lines[0]
        assert "ZeroDivisionError" in lines[-1]
        return
    first, second = map(json.loads, lines)
    assert (first["message"], first["id"], first["level"]) == ("盐城 1", "request-7", "INFO")
    assert "ZeroDivisionError" in second["error"]

"""What the service tells of itself: its log on standard error, and traces to whoever collects them.

Traces are OpenTelemetry's, from the request down to the statement. They are sent when OTEL_EXPORTER_OTLP_ENDPOINT
(or …_TRACES_ENDPOINT) says where to; the packages for that come with `federated-resource-registry[otel]`.
"""

import json
import logging
import os
import sys
import time
import warnings
from importlib.metadata import version
from types import CoroutineType
from typing import TYPE_CHECKING, Literal

from registry.middleware import request_id

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["log_the_rest", "log_to_standard_error", "send_traces"]

log = logging.getLogger("registry.service")

_OURS = ("registry", "graph", "resolvers")
_OTHERS = ("uvicorn", "asyncio", "neo4j", "py.warnings")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class _Json(logging.Formatter):
    """A line of JSON for each record, with the id of the request that it is about."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "id": request_id.get() or None,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value is not None}, ensure_ascii=False)


class _Text(logging.Formatter):
    """A line of text for each record, with the id of the request that it is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(request)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        id = request_id.get()
        record.request = f"[{id}] " if id else ""
        return super().format(record)


def log_to_standard_error(form: Literal["text", "json"] = "text") -> None:
    """Send what the service logs to standard error, a line each; the access log as bare JSON."""
    plain, bare = logging.StreamHandler(sys.stderr), logging.StreamHandler(sys.stderr)
    plain.setFormatter(_Json() if form == "json" else _Text())
    for name in (*_OURS, *_OTHERS):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [plain], False
        logger.setLevel(logging.INFO if name in _OURS else logging.WARNING)
    access = logging.getLogger("registry.access")
    access.handlers, access.propagate = [bare], False


def log_the_rest() -> None:
    """Log what Python would write to standard error by itself: warnings, and errors that nobody can take.

    Coroutines that nobody awaits are left out: graphql-core leaves some where an error ends what stands beside it.
    """
    logging.captureWarnings(capture=True)
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    sys.unraisablehook = _log_unraisable


def _log_unraisable(given: "UnraisableHookArgs") -> None:
    # A warning of a coroutine, too, where what tells of it cannot be imported: so it is while a named tuple is made.
    if given.exc_value is not None and not (given.exc_type is KeyError and isinstance(given.object, CoroutineType)):
        raised = (given.exc_type, given.exc_value, given.exc_traceback)
        log.error("%s %r", given.err_msg or "an error that nobody can take in", given.object, exc_info=raised)


def send_traces() -> None:
    """Send traces, if it is said where to."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("traces are not sent: install federated-resource-registry[otel]")
        return
    name = os.environ.get("OTEL_SERVICE_NAME") or "registry"
    resource = Resource.create({"service.name": name, "service.version": version("federated-resource-registry")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)

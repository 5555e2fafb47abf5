"""The catalogue as DCAT-AP: departments, systems, resources and their fields, as all sources together state them.

It is written to a file page by page, so that memory stays flat, and is there when it is whole.
"""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from connectors.dcat_out import dcat
from connectors.rdf_out import MEDIA_TYPES, Form
from graph.engine import Graph
from graph.export import fields_of, things
from graph.facts import KEYS, Key, Kind, Shape
from graph.refusals import BadInput
from registry.exporting.ready import Ready, read_pieces
from registry.exporting.service import Given, Offer

__all__ = ["FORMS", "DcatExports", "Titled", "write_dcat"]

FORMS: Mapping[str, Form] = {"ttl": "turtle", "rdf": "rdf-xml", "jsonld": "json-ld"}
"""The forms by the suffix of their files."""
BASE = "urn:federated-resource-registry"
_KINDS = (Kind.DEPARTMENT, Kind.SYSTEM, Kind.RESOURCE)
_AT_ONCE = 2_000
"""Resources whose fields are asked for at once."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Titled:
    """How a catalogue is called, and the address under which ids that are no addresses themselves are written."""

    title: str = "Catalogue of resources"
    base: str = BASE


async def write_dcat(graph: Graph, form: Form, file: BinaryIO, titled: Titled, told: Progress | None = None) -> int:
    """Write the catalogue; how many things are in it."""
    loop, stopped, count = asyncio.get_running_loop(), threading.Event(), 0
    pages = _pages(graph)

    def records() -> Iterator[Mapping[str, Any]]:
        nonlocal count
        while not stopped.is_set():
            page = asyncio.run_coroutine_threadsafe(anext(pages, None), loop).result()
            if page is None:
                return
            count += len(page)
            if told is not None:
                loop.call_soon_threadsafe(told, count)
            yield from page

    def write() -> None:
        for piece in dcat(records(), form, base=titled.base, title=titled.title):
            file.write(piece.encode())

    try:
        await asyncio.to_thread(write)
    finally:
        stopped.set()
    return count


async def _pages(graph: Graph) -> AsyncIterator[list[dict[str, Any]]]:
    """The records of all things that are stated, some thousands at a time; resources with their fields."""
    for kind in _KINDS:
        async for stored in things(graph, kind):
            stated = [one for one in stored if one.get("closed") is None and not one.get("unregistered")]
            for first in range(0, len(stated), _AT_ONCE):
                part = stated[first : first + _AT_ONCE]
                fields = await fields_of(graph, [one["id"] for one in part]) if kind is Kind.RESOURCE else {}
                yield [_record(kind, one, fields.get(one["id"])) for one in part]


def _record(kind: Kind, stored: Mapping[str, Any], fields: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    said = {name: _value(key, stored[name]) for name, key in KEYS[kind].items() if stored.get(name) is not None}
    record = {"fact": kind.value, "id": stored["id"], **said}
    return record if not fields else {**record, "fields": [_record(Kind.FIELD, one, None) for one in fields]}


def _value(key: Key, value: Any) -> Any:
    return orjson.loads(value) if key.shape is Shape.OBJECT and isinstance(value, str) else value


class DcatExports:
    """Answers who asks for the catalogue: `/export/catalogue.ttl`, `.rdf`, `.jsonld`."""

    paths = tuple(f"/export/catalogue.{suffix}" for suffix in FORMS)

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def offers(self) -> Sequence[Offer]:
        """What there is."""
        return [Offer("catalogue", tuple(FORMS), self._make)]

    async def _make(self, suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
        values = dict(given.texts) if given.values is None else dict(given.values)
        for name, value in values.items():
            if name not in ("title", "base") or not isinstance(value, str) or not 0 < len(value) <= 300:
                raise BadInput(f"{name}: give title or base, each a text of 1 to 300 characters", argument=name)
        titled, form = Titled(**values), FORMS[suffix]
        return Ready(MEDIA_TYPES[form], 0, lambda: iter(()), prepare=partial(self._written, form, titled, stack))

    async def _written(self, form: Form, titled: Titled, stack: AsyncExitStack) -> Ready:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registry-", ignore_cleanup_errors=True)))
        path = folder / "catalogue"
        with path.open("wb") as file:
            count = await write_dcat(self._graph, form, file, titled)
        return Ready(MEDIA_TYPES[form], count, lambda: read_pieces(path), path.stat().st_size)

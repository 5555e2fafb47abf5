"""The export: all that is stated now, in the exchange format, one line for each source's own statement.

Imported into an empty registry it gives the same answers at `knownAt` now, and exported from there the same
file (docs/exchange.md says what it does not carry).
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from graph.changes import position
from graph.engine import Graph
from graph.export import links, things
from graph.facts import KEYS, LINK_KEYS, Key, Kind, Shape, as_text
from graph.statements import PERSON, REGISTRY, Statement, read_statements
from registry.report import replacing
from registry.spill import KINDS

NEVER = {"valid_from": "0001-01-01T00:00:00Z", "valid_to": "0001-01-02T00:00:00Z"}
"""When a closed thing is in force: on a day that nobody asks for."""

_ENDS = {"FEEDS": ("from", "to"), "READS": ("resource", "system")}
_PARTS = (("FEEDS", Kind.FIELD), ("FEEDS", Kind.RESOURCE), ("READS", Kind.RESOURCE))
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `moved`: the registry was written to meanwhile, so the file may mix two states of it."""

    lines: int
    sequence: int
    moved: bool


async def export(graph: Graph, path: Path, progress: Progress | None = None) -> Exported:
    """Write all current statements to `path`, sorted by kind and id; the file appears when it is complete."""
    before = (await position(graph)).sequence
    count = 0
    with replacing(path) as file:
        async for what, records in pages(graph):
            file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
            count += len(records)
            if progress is not None:
                progress(f"export {what}", count, None)
    after = (await position(graph)).sequence
    return Exported(count, after, after != before)


async def pages(graph: Graph) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """The records of the export in order, some thousands at a time."""
    for kind in KINDS:
        async for page in things(graph, kind):
            yield kind.value, [record for properties in page for record in thing_records(kind, properties)]
    for flow, kind in _PARTS:
        async for found in links(graph, flow, kind):
            found.sort(key=_link_order)
            yield flow.lower(), [record for link in found for record in link_records(flow, *link)]


def thing_records(kind: Kind, stored: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of one stored thing; none for a placeholder."""
    if stored.get("unregistered"):
        return
    stater = "stated_by" if "source" in KEYS[kind] else "source"
    head = {"fact": kind.value, "id": stored["id"]}
    if stored.get("closed") is not None:
        kept = {name: stored[name] for name, key in KEYS[kind].items() if stored.get(name) is not None and _own(key)}
        last = Statement(REGISTRY, 0, kept, orjson.loads(stored.get("extra") or b"{}"), {})
        yield {**head, **_said(KEYS[kind], last, first=True), **NEVER, stater: REGISTRY}
        return
    for number, statement in enumerate(_in_order(read_statements(stored, KEYS[kind]))):
        yield {**head, **_said(KEYS[kind], statement, first=number == 0), stater: statement.source}


def link_records(flow: str, start: str, end: str, stored: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of one stored link; none if it was never in force."""
    since, until = stored.get("valid_from"), stored.get("valid_to")
    if since is not None and until is not None and since >= until:
        return
    ends = _ENDS[flow]
    head = {"fact": flow.lower(), ends[0]: start, ends[1]: end}
    keys = LINK_KEYS[flow]
    if not stored.get("sources"):
        last = Statement(REGISTRY, 0, {n: stored[n] for n in keys if stored.get(n) is not None}, _extra(stored), {})
        yield {**head, **_said(keys, last, first=True), "source": REGISTRY}
        return
    for number, statement in enumerate(_in_order(read_statements(stored, keys))):
        yield {**head, **_said(keys, statement, first=number == 0), "source": statement.source}


def _in_order(statements: list[Statement]) -> list[Statement]:
    """The order in which they add up: a person's last. Stated anew in it, they add up to the same."""
    return sorted(statements, key=lambda statement: statement.source.startswith(PERSON))


def _own(key: Key) -> bool:
    return key.shape not in (Shape.REFERENCE, Shape.REFERENCES)


def _extra(stored: Mapping[str, Any]) -> dict[str, Any]:
    extra: dict[str, Any] = orjson.loads(stored.get("extra") or b"{}")
    return extra


def _said(keys: Mapping[str, Key], statement: Statement, *, first: bool) -> dict[str, Any]:
    """One statement's keys in the format's order, then the unknown ones by name.

    A null clears what earlier statements say; in the first one it says nothing.
    """
    said: dict[str, Any] = {}
    for name, key in keys.items():
        if name in statement.values:
            value = statement.values[name]
            if value is not None:
                said[name] = _value(key, value)
            elif not first:
                said[name] = None
    for name in sorted(statement.extra):
        if statement.extra[name] is not None or not first:
            said[name if name not in _TAKEN and name not in keys else f"extra_{name}"] = statement.extra[name]
    return said


_TAKEN = frozenset({"fact", "id", "from", "to", "source", "stated_by", "resource", "system"})


def _value(key: Key, value: Any) -> Any:
    if key.shape is Shape.TIME:
        return as_text(value)
    if key.shape is Shape.OBJECT and isinstance(value, str):
        return orjson.loads(value)
    return value


def _link_order(link: tuple[str, str, dict[str, Any]]) -> tuple[str, str, str, int]:
    start, end, properties = link
    return start, end, properties.get("job") or "", properties.get("valid_from") or -(2**63)

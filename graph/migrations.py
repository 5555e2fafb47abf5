"""The schema, step by step. Each step is recorded in the graph as `(:Migration {number, name, at})`.

Every statement may run again and beside itself, so a step that was cut off, or that two processes
take at once, is simply run again. A step that was released is never changed: add another.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import GraphTooNew
from graph.facts import KEYS, LINK_KEYS, Kind
from graph.references import REFERENCES

if TYPE_CHECKING:
    from graph.engine import Graph, Transaction

__all__ = ["LATEST", "MIGRATIONS", "Migration", "migrate"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: schema statements for both engines, those for Neo4j alone, then writes, likewise."""

    number: int
    name: str
    schema: tuple[str, ...] = ()
    neo4j_schema: tuple[str, ...] = ()
    writes: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    neo4j_writes: tuple[tuple[str, Mapping[str, Any]], ...] = ()


APPLIED = """
MATCH (m:Migration)
RETURN collect(m.number) AS numbers
"""

RECORD = """
MERGE (m:Migration {number: $number})
ON CREATE SET m.name = $name, m.at = $at
"""

_UNIQUE = "CREATE CONSTRAINT unique_LABEL_KEY IF NOT EXISTS FOR (n:LABEL) REQUIRE n.KEY IS UNIQUE"
_INDEX = "CREATE INDEX index_LABEL_KEY IF NOT EXISTS FOR (n:LABEL) ON (n.KEY)"
_TEXT_INDEX = "CREATE TEXT INDEX text_LABEL_KEY IF NOT EXISTS FOR (n:LABEL) ON (n.KEY)"
AWAIT_INDEXES = "CALL db.awaitIndexes(600)"

FIRST_NODE = """
MERGE (s:Sequence {id: 'sequence'})
ON CREATE SET s.value = 0, s.at = 0, s.numbers = 0
"""

# Neo4j warns of names that it has never seen, and means typing errors; so it is shown all of them once.
_NAME_LABEL = """
CREATE (n:LABEL)
SET n = $properties
DELETE n
"""
# The embedded engine makes a type when it is first used: better now than inside somebody's transaction.
_NAME_TYPE = """
CREATE (a:Version {of: '-'})-[r:TYPE]->(b:Version {of: '-'})
DELETE r, a, b
"""

_KINDS = tuple(kind.label for kind in KEYS)
_LABELS = (*_KINDS, "Source", "Sequence", "Migration", "Change", "Version")
_OWN = sorted({reference.type for references in REFERENCES.values() for reference in references})
_TYPES = (*_OWN, "FEEDS", "READS", "HAS_VERSION")
_SORT = ("sort_id", "sort_name", "sort_code")
_TEXTS = ("id", "of", "name", "code", "uscc", "search", "state", "kind", "raw", "extra", "statements", *_SORT)
_NUMBERS = (
    "number",
    "numbers",
    "sequence",
    "flows",
    "value",
    "taken",
    "checked",
    "at",
    "key",
    "from_number",
    "to_number",
    "created",
    "closed",
    "valid_from",
    "valid_to",
    "stated_to",
    "recorded_from",
    "recorded_to",
    "unregistered",
    "ended",
    "sources",
    "source",
    "connector",
    "last_run",
    "acts",
    "count",
    "ids",
)


def _text(template: str, label: str, key: str) -> str:
    return template.replace("LABEL", label).replace("KEY", key)


def _names() -> Mapping[str, Any]:
    stated = {name for keys in (*KEYS.values(), *LINK_KEYS.values()) for name in keys}
    return {**dict.fromkeys(stated, "-"), **dict.fromkeys(_NUMBERS, -1), **dict.fromkeys(_TEXTS, "-")}


_NAMES = _names()
_OF_WHAT_IFS = {
    **dict.fromkeys(("id", "name", "by", "change", "answer"), "-"),
    **dict.fromkeys(("at", "as_of", "sequence", "complete"), -1),
}
_OF_FINDINGS = {
    **dict.fromkeys(
        ("id", "source", "file", "sheet", "column", "code", "severity", "message", "done", "value", "ids"), "-"
    ),
    **dict.fromkeys(("row", "number", "count", "at"), -1),
}
_OF_RUNS = {
    **dict.fromkeys(
        ("id", "source", "kind", "trigger", "state", "worker", "message", "counts", "findings", "undoes", "undone_by"),
        "-",
    ),
    **dict.fromkeys(("number", "began", "ended", "attempts", "facts", "first", "last", "full"), -1),
}
_OF_EARLIER = {**dict.fromkeys(("run", "what", "rows"), "-"), **dict.fromkeys(("sequence", "count"), -1)}
_OF_LEASES = {**dict.fromkeys(("lease_by", "id"), "-"), **dict.fromkeys(("lease_until", "lease_asked"), -1)}
_OF_FILINGS: Mapping[str, Mapping[str, Any]] = {
    "Filing": {
        **dict.fromkeys(("id", "kind", "state", "name", "by", "system", "department", "solution", "verdict"), "-"),
        **dict.fromkeys(("rules", "rules_version", "decide_by", "decide_unknown", "due", "unknown", "without"), "-"),
        **dict.fromkeys(("content", "warnings", "candidates", "decisions", "bodies"), "-"),
        **dict.fromkeys(("version", "at", "changed", "received", "checked", "sequence", "asked"), -1),
    },
    "FilingEvent": {
        **dict.fromkeys(("id", "filing", "by", "act", "before", "after", "reason", "due", "unknown", "rules"), "-"),
        **dict.fromkeys(("detail", "verdict", "report"), "-"),
        **dict.fromkeys(("number", "at", "sequence"), -1),
    },
    "StandardSolution": {
        **dict.fromkeys(("id", "system", "title", "by", "ended_by", "reason"), "-"),
        **dict.fromkeys(("at", "since", "until", "asked"), -1),
    },
    "FundsDecision": {
        **dict.fromkeys(("id", "system", "outcome", "reason", "by", "evidence", "rules"), "-"),
        **dict.fromkeys(("number", "at", "sequence"), -1),
    },
}
_OF_STATES = dict.fromkeys(
    ("id", "about", "job", "run", "resource", "source", "state", "links", "fields", "content"), "-"
)
_OF_DECISIONS = {
    **dict.fromkeys(("id", "act", "about", "value", "by", "reason"), "-"),
    **dict.fromkeys(("at", "sequence"), -1),
    "stands": True,
}

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        number=1,
        name="things, links and their versions",
        schema=(
            _text(_UNIQUE, "Migration", "number"),
            *(_text(_UNIQUE, label, "id") for label in (*_KINDS, "Source", "Sequence")),
            _text(_UNIQUE, "Change", "sequence"),
            *(_text(_INDEX, label, "sequence") for label in (*_KINDS, "Version")),
            _text(_INDEX, "Version", "of"),
            _text(_INDEX, "Department", "uscc"),
            _text(_INDEX, "Resource", "code"),
            *(_text(_INDEX, kind.label, "flows") for kind in (Kind.FIELD, Kind.RESOURCE)),
        ),
        neo4j_schema=(*(_text(_TEXT_INDEX, label, "search") for label in _KINDS), AWAIT_INDEXES),
        writes=((FIRST_NODE, {}), *((_NAME_TYPE.replace("TYPE", type), {}) for type in _TYPES)),
        neo4j_writes=tuple((_NAME_LABEL.replace("LABEL", label), {"properties": _NAMES}) for label in _LABELS),
    ),
    Migration(
        number=2,
        name="indexes of codes",
        schema=tuple(_text(_INDEX, kind.label, "code") for kind in (Kind.JURISDICTION, Kind.SYSTEM, Kind.ELEMENT)),
        neo4j_schema=(AWAIT_INDEXES,),
    ),
    Migration(
        number=3,
        name="saved what-ifs",
        schema=tuple(_text(_UNIQUE, "WhatIf", key) for key in ("id", "name")),
        neo4j_writes=((_NAME_LABEL.replace("LABEL", "WhatIf"), {"properties": _OF_WHAT_IFS}),),
    ),
    Migration(
        number=4,
        name="changes by instant, statements that ended",
        schema=(_text(_INDEX, "Change", "at"),),
        neo4j_schema=(AWAIT_INDEXES,),
        neo4j_writes=((_NAME_LABEL.replace("LABEL", "Version"), {"properties": {"of": "-", "former": "-"}}),),
    ),
    Migration(
        number=5,
        name="findings of imports",
        schema=(_text(_UNIQUE, "Finding", "id"), *(_text(_INDEX, "Finding", key) for key in ("source", "file"))),
        neo4j_schema=(AWAIT_INDEXES,),
        neo4j_writes=((_NAME_LABEL.replace("LABEL", "Finding"), {"properties": _OF_FINDINGS}),),
    ),
    Migration(
        number=6,
        name="runs of sources",
        schema=(
            _text(_UNIQUE, "Run", "id"),
            *(_text(_INDEX, "Run", key) for key in ("source", "began")),
            _text(_INDEX, "Earlier", "run"),
        ),
        neo4j_schema=(AWAIT_INDEXES,),
        neo4j_writes=tuple(
            (_NAME_LABEL.replace("LABEL", label), {"properties": properties})
            for label, properties in (("Run", _OF_RUNS), ("Earlier", _OF_EARLIER), ("Source", _OF_LEASES))
        ),
    ),
    Migration(
        number=7,
        name="what events said",
        schema=(_text(_UNIQUE, "EventState", "id"), _text(_INDEX, "EventState", "source")),
        neo4j_schema=(AWAIT_INDEXES,),
        neo4j_writes=((_NAME_LABEL.replace("LABEL", "EventState"), {"properties": _OF_STATES}),),
    ),
    Migration(
        number=8,
        name="decisions about data elements",
        schema=(_text(_UNIQUE, "ElementDecision", "id"), _text(_INDEX, "ElementDecision", "about")),
        neo4j_schema=(AWAIT_INDEXES,),
        neo4j_writes=((_NAME_LABEL.replace("LABEL", "ElementDecision"), {"properties": _OF_DECISIONS}),),
    ),
    Migration(
        number=9,
        name="filings",
        schema=(
            *(_text(_UNIQUE, label, "id") for label in _OF_FILINGS),
            *(_text(_INDEX, "Filing", key) for key in ("system", "solution")),
            _text(_INDEX, "FilingEvent", "filing"),
            *(_text(_INDEX, label, "system") for label in ("StandardSolution", "FundsDecision")),
        ),
        neo4j_schema=(AWAIT_INDEXES,),
        neo4j_writes=tuple(
            (_NAME_LABEL.replace("LABEL", label), {"properties": properties})
            for label, properties in _OF_FILINGS.items()
        ),
    ),
)

LATEST = MIGRATIONS[-1].number


async def migrate(graph: "Graph") -> None:
    """Take the steps that the graph has not taken yet. Raises GraphTooNew if it has taken some that we do not know."""
    [row] = await graph.read(APPLIED)
    applied = set(row["numbers"])
    newest = max(applied, default=0)
    if newest > LATEST:
        raise GraphTooNew(
            f"This graph was written by a newer version of the registry (schema {newest}, here {LATEST}).",
            "Install that version or a newer one; an older one must not write to it.",
        )
    for migration in MIGRATIONS:
        if migration.number not in applied:
            await _take(graph, migration)


async def _take(graph: "Graph", migration: Migration) -> None:
    schema, writes = migration.schema, migration.writes
    if graph.engine == "neo4j":
        schema, writes = schema + migration.neo4j_schema, writes + migration.neo4j_writes
    for text in schema:
        await graph.schema(text)

    async def work(transaction: "Transaction") -> None:
        for text, parameters in writes:
            await transaction.run(text, **parameters)
        await transaction.run(RECORD, number=migration.number, name=migration.name, at=time.time_ns() // 1000)

    await graph.write(work)

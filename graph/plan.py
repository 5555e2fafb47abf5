"""What a write transaction is going to do, gathered first and then run: one statement per kind and act."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.changes import Turn
from graph.differing import EXTRA, Difference, compared
from graph.ends import End
from graph.engine import Transaction
from graph.facts import KEYS, Finding, Key, Kind
from graph.order import order_keys
from graph.provenance import whole_former
from graph.references import CLOSE_REFERENCE, CREATE_REFERENCE, REFERENCES, Ends
from graph.statements import Statement, json_text, said_before, state_of

_CREATE = """
UNWIND $rows AS row
CREATE (n:LABEL {id: row.id})
SET n = row
"""
CREATE: Mapping[Kind, str] = {kind: _CREATE.replace("LABEL", kind.label) for kind in KEYS}

_REPLACE = """
UNWIND $rows AS row
MATCH (n:LABEL {id: row.id})
SET n = row
"""
REPLACE: Mapping[Kind, str] = {kind: _REPLACE.replace("LABEL", kind.label) for kind in KEYS}

_KEEP_VERSION = """
UNWIND $rows AS row
MATCH (n:LABEL {id: row.of})
CREATE (n)-[:HAS_VERSION]->(v:Version {of: row.of})
SET v = row
"""
KEEP_VERSION: Mapping[Kind, str] = {kind: _KEEP_VERSION.replace("LABEL", kind.label) for kind in KEYS}


@dataclass(frozen=True, slots=True)
class Altered:
    """What a rehearsal would do to a thing: whether it is new, and each property's value before and after."""

    kind: Kind
    id: str
    name: str | None
    added: bool
    differences: Sequence[Difference] = ()


@dataclass(slots=True)
class Written:
    """What a call wrote. `sequence` is its change, `None` when nothing was to be written."""

    sequence: int | None = None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    placeholders: int = 0
    findings: list[Finding] = field(default_factory=list)
    altered: list[Altered] = field(default_factory=list)
    """Of a rehearsal: what it would do, thing by thing."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How facts are stated.

    `run` is the id of the run that does it, and keeps what its sources said before (`graph/earlier.py`). `exact`: a
    statement takes the place of what its source said before, instead of laying over it. `again`: since when statements
    count that were said before, by id or `link_key`; they are exact too.
    """

    run: str | None = None
    exact: bool = False
    again: Mapping[str | int, int] = field(default_factory=dict)


PLAIN = Manner()


@dataclass(slots=True)
class Plan:
    """The rows of one transaction."""

    turn: Turn
    manner: Manner = PLAIN
    created: dict[Kind, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    replaced: dict[Kind, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    versions: dict[Kind, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    joined: dict[Ends, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    parted: dict[Ends, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    written: Written = field(default_factory=Written)
    rehearsal: bool = False
    earlier: list[list[Any]] = field(default_factory=list)
    """What sources said before, where the run is to keep it: rows of `graph/earlier.py`."""

    def note(
        self,
        about: Sequence[Any],
        source: str,
        keys: Mapping[str, Key],
        before: Mapping[str, Any] | None,
        after: Iterable[Statement] = (),
    ) -> None:
        """Keep what `source` said of what is stored as `before`, when a run asks for that, and what it says `after`."""
        if self.manner.run is not None:
            said = said_before(source, before, keys)
            now = None if said is None else next((one.values for one in after if one.source == source), None)
            self.earlier.append([*about, source, now, said])

    def tell(self, kind: Kind, id: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
        """Note what a rehearsal would do to a thing, from and to stored properties."""
        if not self.rehearsal:
            return
        old = before or {}
        differences = compared({**KEYS[kind], "extra": EXTRA}, old, after)
        name = after.get("name") or old.get("name")
        self.written.altered.append(Altered(kind, id, name, before is None, differences))

    def placeholder(self, kind: Kind, id: str) -> End:
        """A node for an id that nobody stated."""
        turn = self.turn
        end = End(kind, turn.number(), True)
        self.created[kind].append(
            {
                "id": id,
                "number": end.number,
                "unregistered": True,
                "search": "",
                **order_keys(kind, id, {}),
                "recorded_from": turn.at,
                "created": turn.at,
                "sequence": turn.sequence,
            }
        )
        self.written.placeholders += 1
        return end

    @property
    def placeholders(self) -> list[str]:
        """The ids that it makes a node for though nobody stated them."""
        return [row["id"] for rows in self.created.values() for row in rows if row.get("unregistered")]

    def keep(self, kind: Kind, stored: Mapping[str, Any]) -> None:
        """Keep what is stored now as an earlier version; what this turn itself put there was never known."""
        if stored["recorded_from"] < self.turn.at:
            self.versions[kind].append(version(kind, stored, self.turn))

    def refer(
        self, kind: Kind, id: str, before: Mapping[str, Any], after: Mapping[str, Any], ends: Mapping[str, End]
    ) -> None:
        """Join the thing to what it now names, and part it from what it no longer names."""
        for reference in REFERENCES[kind]:
            old, new = named(before.get(reference.key)), named(after.get(reference.key))
            for rows, targets in ((self.joined, new - old), (self.parted, old - new)):
                for target in sorted(targets):
                    to = ends[target].kind
                    if to in reference.to:
                        outward = reference.outward
                        pair = (reference.type, kind, to) if outward else (reference.type, to, kind)
                        rows[pair].append([id, target] if outward else [target, id])

    async def run(self, transaction: Transaction) -> None:
        """Run it, things before what joins them."""
        for texts, batches in ((KEEP_VERSION, self.versions), (REPLACE, self.replaced), (CREATE, self.created)):
            for kind, rows in batches.items():
                await transaction.run(texts[kind], rows=rows)
        for pairs, joins in ((CLOSE_REFERENCE, self.parted), (CREATE_REFERENCE, self.joined)):
            for ends, pairs_rows in joins.items():
                await transaction.run(pairs[ends], rows=pairs_rows, at=self.turn.at)


def version(kind: Kind, stored: Mapping[str, Any], turn: Turn) -> dict[str, Any]:
    """The row of the earlier version that `stored` becomes; `raw` is what its sources said at its end."""
    return {
        "of": stored["id"],
        "kind": kind.value,
        "number": stored["number"],
        "recorded_from": stored["recorded_from"],
        "recorded_to": turn.at,
        "sequence": turn.sequence,
        "state": json_text(state_of(kind, stored)),
        **({"raw": stored["raw"]} if stored.get("raw") else {}),
        **whole_former(stored, turn.at),
    }


def named(value: Any) -> set[str]:
    """The ids that a reference's value names."""
    if value is None:
        return set()
    return set(value) if isinstance(value, list) else {value}

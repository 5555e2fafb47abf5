"""The middle of an import's two passes: all facts of a run, in a temporary database on disk.

Pass 1 puts them in, in any order (`add`); pass 2 takes them out kind by kind in the order that references
need, each id once per source, ready to be written (`things`, `links`). The file has no name (SQLite unlinks
it when it is made), so it is gone with the process however that ends; TMPDIR says where it is.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, groupby
from typing import Any

import orjson

from graph.facts import KEYS, Fact, Finding, Kind, Link, Place, Severity, Thing
from registry.laying import lay_over, lay_over_link

BATCH = 5_000
"""Facts of one write."""
_BUFFER = 2_000
_CACHE_KB = 24_000

KINDS = (
    Kind.JURISDICTION,
    Kind.DEPARTMENT,
    Kind.SYSTEM,
    Kind.ELEMENT,
    Kind.RESOURCE,
    Kind.FIELD,
    Kind.AGREEMENT,
)
"""The order of writing: what is referred to before what refers to it."""
FLOWS = ("FEEDS", "READS")
_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
assert _NUMBER.keys() == KEYS.keys()

Note = Callable[[Finding], None]
Batch = tuple[int, list[Any]]
"""Facts that can be written in one call, and the how manieth statement of its thing each one is (from 0)."""

_SETUP = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -{_CACHE_KB};
CREATE TABLE things (kind INTEGER, id TEXT, source INTEGER, given INTEGER, body BLOB);
CREATE TABLE links (flow INTEGER, start TEXT, target TEXT, job TEXT, since INTEGER, source INTEGER, body BLOB);
CREATE TABLE two_kinds (id TEXT PRIMARY KEY, kind INTEGER) WITHOUT ROWID;
CREATE TABLE unstated (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE met (source INTEGER, kind INTEGER, id TEXT, PRIMARY KEY (kind, id, source)) WITHOUT ROWID;
CREATE TABLE keys (kind TEXT, scope TEXT, key TEXT, id TEXT, note TEXT, stored INTEGER,
  PRIMARY KEY (kind, scope, key, id)) WITHOUT ROWID;
CREATE TABLE gone (what TEXT, source INTEGER, one TEXT, two TEXT, job TEXT, since INTEGER);
"""
_SORT = """
CREATE INDEX things_in_order ON things (kind, id);
CREATE INDEX links_in_order ON links (flow, start, target, job, since);
"""
_TWO_KINDS = """
INSERT OR IGNORE INTO two_kinds
SELECT few.id, (SELECT kind FROM things t WHERE t.rowid = (
  SELECT min(rowid) FROM things o WHERE o.kind IN (0, 1, 2, 3, 4, 5, 6) AND o.id = few.id))
FROM things few CROSS JOIN things many
WHERE few.kind = ? AND many.kind = ? AND many.id = few.id
"""
_THINGS = """
SELECT t.id, t.rowid, t.source, t.given, t.body, k.kind
FROM things t LEFT JOIN two_kinds k ON k.id = t.id
WHERE t.kind = ? ORDER BY t.id, t.rowid
"""
_LINKS = """
SELECT start, target, job, since, rowid, source, body FROM links
WHERE flow = ? ORDER BY start, target, job, since, rowid
"""
_STATED = """
SELECT t.id, min(t.kind) FROM json_each(?) asked CROSS JOIN things t
WHERE t.kind IN (0, 1, 2, 3, 4, 5, 6) AND t.id = asked.value GROUP BY t.id
"""


class SpillFailed(Exception):
    """The temporary file cannot be written; the message says where and what to do."""


class Spill:
    """The facts of one run. Not to be used by two threads at once."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._places: list[tuple[str, str]] = []
        self._place_numbers: dict[tuple[str, str], int] = {}
        self.sources: list[str] = []
        self._source_numbers: dict[str, int] = {}
        self._facts: list[int] = []
        self._things: list[tuple[Any, ...]] = []
        self._links: list[tuple[Any, ...]] = []
        with told():
            # An empty name is a database in a file of its own that nobody else sees.
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._db.executescript(_SETUP)
            self._db.execute("BEGIN")

    @property
    def database(self) -> sqlite3.Connection:
        """The temporary database, for what else a run has to remember."""
        return self._db

    def close(self) -> None:
        """Give the disk space back."""
        self._db.close()

    def add(self, fact: Fact, source: str) -> None:
        """Take a fact; `source` states it unless it says itself who does."""
        stater = self._source_number(fact.source or source)
        self._facts[stater] += 1
        if isinstance(fact, Thing):
            row = (_NUMBER[fact.kind], fact.id, stater, fact.given_id, self._body(fact, fact.raw))
            self._things.append(row)
            if len(self._things) >= _BUFFER:
                self._flush()
            return
        values = fact.values
        since = values.get("valid_from")
        flow = FLOWS.index(fact.flow)
        self._links.append((flow, fact.start, fact.end, values.get("job"), since, stater, self._body(fact, None)))
        if len(self._links) >= _BUFFER:
            self._flush()

    def sort(self) -> None:
        """End pass 1: bring all into order and find the ids that are stated as two kinds."""
        self._flush()
        with told():
            self._db.executescript(_SORT)
            counts = [self.count(kind) for kind in KINDS]
            for one, other in combinations(range(len(KINDS)), 2):
                # The fewer ones are looked up among the more.
                pair = (one, other) if counts[one] <= counts[other] else (other, one)
                self._db.execute(_TWO_KINDS, pair)
            # One transaction for all that pass 2 notes; nobody else ever sees this file.
            self._db.execute("BEGIN")

    def count(self, what: Kind | str) -> int:
        """How many facts of a kind or flow were put in."""
        if isinstance(what, Kind):
            return int(self._one("SELECT count(*) FROM things WHERE kind = ?", _NUMBER[what]))
        return int(self._one("SELECT count(*) FROM links WHERE flow = ?", FLOWS.index(what)))

    def facts_of(self, source: str) -> int:
        """How many facts a source states in this run."""
        return self._facts[self._source_number(source)]

    def things(self, kind: Kind, size: int = BATCH) -> Iterator[Batch]:
        """The things of a kind in order of ids; a batch has no id twice, and what comes later was said later."""
        rows = self._rows(_THINGS, _NUMBER[kind])
        return _batches((self._statements(kind, id, list(lines)) for id, lines in groupby(rows, _first)), size)

    def links(self, flow: str, size: int = BATCH) -> Iterator[Batch]:
        """The links of a flow, in order of their ends; as `things`."""
        rows = self._rows(_LINKS, FLOWS.index(flow))
        return _batches((self._link_statements(flow, list(lines)) for _, lines in groupby(rows, _first_four)), size)

    def stated(self, ids: Sequence[str], *, remember: bool = True) -> Mapping[str, Kind]:
        """Those of `ids` that this run states, and as what. The others are remembered: see `unstated`."""
        with told():
            found = self._db.execute(_STATED, (orjson.dumps(ids).decode(),)).fetchall()
            known = {id: KINDS[kind] for id, kind in found}
            rest = [(id,) for id in ids if id not in known]
            if remember:
                self._db.executemany("INSERT OR IGNORE INTO unstated VALUES (?)", rest)
        return known

    def unstated(self) -> int:
        """How many different ids `stated` was asked for that nobody states: a dry run's placeholders."""
        return int(self._one("SELECT count(*) FROM unstated"))

    def states(self, source: str, kind: Kind, id: str) -> bool:
        """Whether `source` states a thing under this very id in this run."""
        text = "SELECT 1 FROM things WHERE kind = ? AND id = ? AND source = ? LIMIT 1"
        with told():
            return self._db.execute(text, (_NUMBER[kind], id, self._source_number(source))).fetchone() is not None

    def met(self, kind: Kind, id: str, source: str) -> None:
        """Note that `source` states the thing `id`, under an id that it built itself."""
        with told():
            row = (self._source_number(source), _NUMBER[kind], id)
            self._db.execute("INSERT OR IGNORE INTO met VALUES (?, ?, ?)", row)

    def not_stated(self, source: str, kind: Kind, ids: Sequence[str]) -> list[str]:
        """Those of `ids` that `source` does not state in this run."""
        text = """
        SELECT asked.value FROM json_each(?1) asked
        WHERE NOT EXISTS (SELECT 1 FROM things t WHERE t.kind = ?2 AND t.id = asked.value AND t.source = ?3)
        AND NOT EXISTS (SELECT 1 FROM met m WHERE m.kind = ?2 AND m.id = asked.value AND m.source = ?3)
        """
        with told():
            rows = self._db.execute(text, (orjson.dumps(ids).decode(), _NUMBER[kind], self._source_number(source)))
            return [id for (id,) in rows]

    def links_not_stated(self, source: str, flow: str, links: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Those of `links` (start, end, job, valid_from) that `source` does not state in this run."""
        text = """
        SELECT 1 FROM links
        WHERE flow = ? AND start = ? AND target = ? AND job IS ? AND since IS ? AND source = ? LIMIT 1
        """
        stater, number = self._source_number(source), FLOWS.index(flow)
        with told():
            return [link for link in links if self._db.execute(text, (number, *link, stater)).fetchone() is None]

    def keep_gone(self, what: str, source: str, rows: Sequence[Sequence[Any]]) -> None:
        """Remember what `source` is to withdraw: ids as 1-tuples, links as 4-tuples."""
        number = self._source_number(source)
        filled = [(what, number, *row, *(None,) * (4 - len(row))) for row in rows]
        with told():
            self._db.executemany("INSERT INTO gone VALUES (?, ?, ?, ?, ?, ?)", filled)

    def gone(self, what: str, source: str, size: int = BATCH) -> Iterator[list[tuple[Any, ...]]]:
        """What was remembered, in batches of 4-tuples."""
        cursor = self._db.execute(
            "SELECT one, two, job, since FROM gone WHERE what = ? AND source = ? ORDER BY rowid",
            (what, self._source_number(source)),
        )
        while rows := cursor.fetchmany(size):
            yield rows

    def _statements(self, kind: Kind, id: str, lines: list[tuple[Any, ...]]) -> list[Thing]:
        """What each source says of one thing, the one who spoke last at the end."""
        said: dict[int, Thing] = {}
        for _, _, source, given, body, kept in lines:
            thing = self._thing(kind, id, source, given, body)
            if kept is not None and KINDS[kept] is not kind:
                self._note(_second_kind(thing, KINDS[kept]))
                continue
            earlier = said.pop(source, None)
            said[source] = thing if earlier is None else lay_over(earlier, thing, self._note)
        return list(said.values())

    def _link_statements(self, flow: str, lines: list[tuple[Any, ...]]) -> list[Link]:
        said: dict[int, Link] = {}
        for start, end, _, _, _, source, body in lines:
            values, extra, place = self._read(body)[:3]
            link = Link(flow, start, end, values, place, self.sources[source], extra)
            earlier = said.pop(source, None)
            said[source] = link if earlier is None else lay_over_link(earlier, link, self._note)
        return list(said.values())

    def _thing(self, kind: Kind, id: str, source: int, given: int, body: bytes) -> Thing:
        values, extra, place, raw = self._read(body)
        return Thing(kind, id, values, place, self.sources[source], raw, extra, bool(given))

    def _body(self, fact: Fact, raw: Mapping[str, Any] | None) -> bytes:
        place = fact.place
        where = (place.file, place.sheet)
        number = self._place_numbers.get(where)
        if number is None:
            number = self._place_numbers[where] = len(self._places)
            self._places.append(where)
        body = (fact.values, fact.extra or 0, number, place.row, place.column, raw or 0)
        return orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS)

    def _read(self, body: bytes) -> tuple[dict[str, Any], dict[str, Any], Place, dict[str, Any]]:
        values, extra, number, row, column, raw = orjson.loads(body)
        file, sheet = self._places[number]
        return values, extra or {}, Place(file, sheet, row, column), raw or {}

    def _source_number(self, source: str) -> int:
        number = self._source_numbers.get(source)
        if number is None:
            number = self._source_numbers[source] = len(self.sources)
            self.sources.append(source)
            self._facts.append(0)
        return number

    def _flush(self) -> None:
        with told():
            self._db.executemany("INSERT INTO things VALUES (?, ?, ?, ?, ?)", self._things)
            self._db.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)", self._links)
        self._things.clear()
        self._links.clear()

    def _rows(self, text: str, number: int) -> Iterator[tuple[Any, ...]]:
        with told():
            cursor = self._db.execute(text, (number,))
            while rows := cursor.fetchmany(1_000):
                yield from rows

    def _one(self, text: str, *parameters: Any) -> Any:
        with told():
            return self._db.execute(text, parameters).fetchone()[0]


def _batches(groups: Iterator[list[Any]], size: int) -> Iterator[Batch]:
    """Lay the n-th statements of things side by side: `size` first ones, then their second ones, and so on."""
    rounds: list[list[Any]] = [[]]
    for statements in groups:
        while len(rounds) < len(statements):
            rounds.append([])
        for laid, statement in zip(rounds, statements, strict=False):
            laid.append(statement)
        if len(rounds[0]) >= size:
            yield from enumerate(rounds)
            rounds = [[]]
    yield from ((number, laid) for number, laid in enumerate(rounds) if laid)


def _first(row: tuple[Any, ...]) -> Any:
    return row[0]


def _first_four(row: tuple[Any, ...]) -> Any:
    return row[:4]


def _second_kind(thing: Thing, other: Kind) -> Finding:
    message = f"{thing.id} is stated as {other} before and here as {thing.kind}; one id is one thing"
    return Finding("KIND_CONFLICT", Severity.ERROR, thing.place, message, "not taken", thing.id, (thing.id,))


def _plain(value: Any) -> Any:
    """What JSON has no form for (what a cell of a workbook may hold) as text."""
    return str(value)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what SQLite says of a temporary file that cannot be written into SpillFailed."""
    try:
        yield
    except sqlite3.OperationalError as error:
        message = f"The import's temporary file cannot be written: {error}."
        if "full" in str(error) or "disk I/O" in str(error):
            message = "No room is left for the import's temporary file."
        raise SpillFailed(f"{message} Set TMPDIR to a folder with room for about the size of the files.") from error

"""Rows of JSON that are finished once for all answers in which they are met."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from resolvers.completion import Shape, Table, Uncovered
from resolvers.encoding import Text, encode

T = TypeVar("T")

MOST = 50_000
"""Rows whose JSON is kept for one state of the graph; with more, all are let go."""
MOST_PARTS = 200
"""Selections, likewise."""
_BETWEEN = b"},{"


class Texts:
    """Finished JSON, by what was selected and by row."""

    def __init__(self) -> None:
        self._by_part: dict[Shape, dict[int, bytes]] = {}

    def of(self, part: Shape) -> dict[int, bytes]:
        """The rows of one selection."""
        if part not in self._by_part and len(self._by_part) >= MOST_PARTS:
            self._by_part = {}
        return self._by_part.setdefault(part, {})

    def with_room(self, part: Shape, rows: int) -> dict[int, bytes]:
        """The rows of one selection, to which some are about to be added: none where all had to be let go."""
        if sum(map(len, self._by_part.values())) + rows > MOST:
            self._by_part = {}
        return self.of(part)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table that others may have too, by key: those with one key agree in the columns `same`."""

    keys: list[int]
    same: frozenset[str]
    texts: Texts
    some: Callable[[list[int]], Table]
    """The rows at some places, with the columns in which they agree."""
    own: Table
    """All rows, with the other columns."""


def prepared(shape: Shape, rows: Rows) -> Text:
    """What is selected of all rows, nothing of which may have to be waited for; only what is new is completed.

    Raises Uncovered.
    """
    parts = [_insides(part, rows) for part in shape.parts(rows.same)] or [[b""] * len(rows.keys)]
    return Text(_joined(parts) if rows.keys else b"[]")


def _insides(part: Shape, rows: Rows) -> list[bytes]:
    """The JSON of each row, without its braces."""
    if part.keys is None or not part.keys <= rows.same:
        return _completed(part, rows.own)
    keys, known = rows.keys, rows.texts.of(part)
    with suppress(KeyError):
        return list(map(known.__getitem__, keys))
    missing = [place for place, key in enumerate(keys) if key not in known]
    roomy = rows.texts.with_room(part, len(missing))
    if roomy is not known:
        known, missing = roomy, list(range(len(keys)))
    made = _completed(part, rows.some(missing))
    known.update(zip(map(keys.__getitem__, missing), made, strict=True))
    return made if len(missing) == len(keys) else list(map(known.__getitem__, keys))


def _completed(part: Shape, table: Table) -> list[bytes]:
    return insides(_at_once(part.complete(table, _Nobody())))


def insides(rows: list[dict[str, Any]]) -> list[bytes]:
    """The JSON of objects without their braces. It is made of all at once, and parted where that is sure."""
    whole = encode(rows)
    if whole.count(_BETWEEN) == len(rows) - 1:
        return whole[2:-2].split(_BETWEEN)
    return [encode(row)[1:-1] for row in rows]


def _joined(parts: Sequence[Sequence[bytes]]) -> bytes:
    rows = parts[0] if len(parts) == 1 else map(b",".join, zip(*parts, strict=True))
    return b"[{%b}]" % _BETWEEN.join(rows)


class _Nobody:
    """The run of a plan in which no resolver is called."""

    def info(self, field: object) -> Any:
        """There is nobody to be told."""
        raise Uncovered


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that waits for nothing brings."""
    try:
        work.send(None)
    except StopIteration as end:
        found: T = end.value
        return found
    work.close()
    raise Uncovered

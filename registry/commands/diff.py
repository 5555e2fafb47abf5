"""`registry diff`: what became of a lineage between two moments, as a table or JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from rich.text import Text

from graph.difference import (
    Compared,
    Comparison,
    Differs,
    EdgeDifference,
    NodeDifference,
    check_compared,
    compare,
)
from graph.differing import Difference
from graph.facts import as_text
from graph.lineage import Asked, Lineages
from graph.moment import Level
from graph.projection import Projection
from graph.reasons import Reason, Why
from graph.refusals import BadInput
from graph.walk import Budget, Stop
from registry.commands.lineage import instant
from registry.commands.opened import Failure, opened, run, settings
from registry.differences import difference_record
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["Wanted", "diff"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as it stands on the command line; times are texts."""

    ids: list[str]
    since: str | None = None
    until: str | None = None
    known_since: str | None = None
    known_until: str | None = None
    direction: str = "DOWNSTREAM"
    level: str = "RESOURCE"
    depth: int = 5
    dependencies: bool = False
    budget: Budget = field(default_factory=Budget)


_OPTIONS = ("--from", "--to", "--known-from", "--known-to")
_AFTER = {"from": "--from must not be after --to.", "knownFrom": "--known-from must not be after --known-to."}


def diff(wanted: Wanted, form: Format) -> None:
    """Ask and print. Raises Failure for what is wrong by itself, Refusal for what the graph does not know."""
    given = settings()
    texts = (wanted.since, wanted.until, wanted.known_since, wanted.known_until)
    instants = [instant(option, text, given.zone) for option, text in zip(_OPTIONS, texts, strict=True)]
    asked = Asked(
        wanted.ids,
        wanted.direction,
        Level[wanted.level],
        wanted.depth,
        reads=wanted.dependencies,
        budget=wanted.budget,
    )
    compared = Compared(asked, (instants[0], instants[1]), (instants[2], instants[3]))
    if not any(texts):
        raise Failure("Say what to compare: --from and --to, or --known-from and --known-to.", status=2)
    try:
        check_compared(compared)
    except BadInput as error:
        raise Failure(_AFTER.get(error.argument or "", str(error)), status=2) from error

    async def work() -> Comparison:
        async with opened(given) as graph:
            with waiting("Comparing …"):
                return await compare(Lineages(graph, Projection(graph, 0)), compared)

    found = run(work)
    if form is Format.JSON:
        print_json(difference_record(found))
    else:
        _print_tables(found, given.zone)


_MARKS = {Differs.ADDED: "+", Differs.CLOSED: "-", Differs.ALTERED: "~", Differs.UNDECIDED: "?"}
_FARTHER = {
    Stop.DEPTH: "--depth",
    Stop.NODES: "--max-nodes",
    Stop.FANOUT: "--max-per-node",
    Stop.TIME: "--max-milliseconds",
}
_SHOWN = 2
"""Reasons that a table shows of one difference."""


def _print_tables(found: Comparison, zone: tzinfo) -> None:
    out = console()
    words = _Words(found, zone)
    if found.nodes:
        columns = {"": "left", "kind": "left", "name": "left", "changes": "left", "why": "left", "id": "left"}
        out.print(table(columns, map(words.node, found.nodes)))
        out.print()
    if found.edges:
        columns = dict.fromkeys(("", "source", "target", "flow", "links", "changes", "why"), "left")
        out.print(table(columns, map(words.edge, found.edges)))
        out.print()
    for line in words.end():
        out.print(Text(line))


_WHY = {
    Why.BEGAN: "began",
    Why.ENDED: "ended",
    Why.RECORDED: "recorded",
    Why.WITHDRAWN: "withdrawn",
    Why.CHANGED: "changed",
    Why.MOVED: "moved",
}
_REACH = {Differs.ADDED: "reached now", Differs.CLOSED: "reached no more"}


class _Words:
    """A comparison in words; instants are told in the registry's time zone."""

    def __init__(self, found: Comparison, zone: tzinfo) -> None:
        self._found = found
        self._zone = zone

    def node(self, one: NodeDifference) -> Sequence[object]:
        """A row of the table of nodes."""
        seen = one.after or one.before
        assert seen is not None
        why = self._reasons(one.differs, one.reasons)
        return _MARKS[one.differs], seen.kind.name, seen.name, _changes(one.changes), why, one.id

    def edge(self, one: EdgeDifference) -> Sequence[object]:
        """A row of the table of edges."""
        links = " ".join(f"{sign}{count}" for sign, count in (("+", one.come), ("-", one.gone)) if count)
        why = self._reasons(one.differs, one.reasons)
        ends = self._name(one.source), self._name(one.target)
        return _MARKS[one.differs], *ends, one.flow, links, _changes(one.changes), why

    def end(self) -> list[str]:
        """What was compared, and whether it is all."""
        found = self._found
        sides = [
            f"{what}: {side.nodes:,} nodes, {side.edges:,} edges, as of {self._time(side.moment.as_of)}, "
            f"known at {self._time(side.moment.known_at)}"
            + ("" if side.complete else f", cut by {', '.join(side.stopped_by)}")
            for what, side in (("before", found.before), ("after", found.after))
        ]
        counts = f"{len(found.nodes):,} nodes and {len(found.edges):,} edges differ"
        if found.complete:
            return [*sides, f"Complete: {counts}, as of change {found.sequence}."]
        differ = [*(one.differs for one in found.nodes), *(one.differs for one in found.edges)]
        unsure = differ.count(Differs.UNDECIDED)
        farther = ", ".join(_FARTHER[stop] for stop in found.stopped_by if stop in _FARTHER)
        told = [f"{counts}; what lies beyond the cut was not compared (farther: {farther})"]
        if unsure:
            told.append(f"{unsure:,} (?) may lie there")
        return [*sides, f"✂ Cut: {'; '.join([*told, f'as of change {found.sequence}'])}."]

    def _reasons(self, differs: Differs, reasons: Sequence[Reason]) -> str:
        told = [self._reason(differs, one) for one in reasons[:_SHOWN]]
        more = len(reasons) - len(told)
        return "; ".join(told) + (f"; {more} more" if more else "")

    def _reason(self, differs: Differs, reason: Reason) -> str:
        parts = [_WHY.get(reason.why) or _REACH.get(differs, "reached otherwise")]
        if reason.at is not None:
            parts.append(self._time(reason.at))
        if reason.thing is not None:
            parts.append(self._name(reason.thing))
        if reason.link is not None:
            job = f" ({reason.link.job})" if reason.link.job else ""
            parts.append(f"{self._name(reason.link.start)} → {self._name(reason.link.end)}{job}")
        if reason.changes:
            parts.append(_changes(reason.changes))
        if reason.sources:
            parts.append("by " + "、".join(reason.sources))
        return " ".join(parts)

    def _name(self, id: str) -> str:
        return self._found.names.get(id, id)

    def _time(self, instant: int) -> str:
        """A date where a day begins, else to the second."""
        try:
            local = (_EPOCH + timedelta(microseconds=instant)).astimezone(self._zone)
        except OverflowError:  # at either end of the calendar
            return as_text(instant)
        return f"{local:%Y-%m-%d}" if local.time() == time() else f"{local:%Y-%m-%d %H:%M:%S}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _changes(changes: Sequence[Difference]) -> str:
    return "; ".join(f"{one.field} {_value(one.before)} → {_value(one.after)}" for one in changes)


def _value(value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value)) or "none"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

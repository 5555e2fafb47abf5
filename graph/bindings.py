"""People's decisions about data elements: which one a field has, and which department is an element's source.

A decision is a statement of the person who takes it (`person:NAME`): it stands before what any other source states,
and it is in the thing's history and in exports as everything that is stated. The person who decided last is followed;
so of two who decide at once the later one is, and the record tells of both. Taking a decision back ends what all
people said about it, and what the sources state holds again.

Which elements a field does not have is stated by no source; it is kept, with the reasons of all decisions, as the
registry's own notes (`graph/decisions.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.changes import Turn, end_turn, take_turn
from graph.decisions import Act, Decision, allow, keep, refused, written_down
from graph.ends import stored
from graph.engine import Graph, Transaction
from graph.facts import KEYS, Kind, Thing, is_id
from graph.plan import PLAIN, Manner, Plan
from graph.refusals import BadInput, NotFound, Taken
from graph.statements import PERSON, Statement, read_statements
from graph.withdraw import plan_end_of_things
from graph.writes import plan_things

__all__ = ["MOST", "Decided", "allow_again", "bind", "refuse", "set_source", "take_back_source", "unbind"]

MOST = 1_000
"""Decisions of one call."""
LONGEST_NAME = 300 - len(PERSON)
LONGEST_REASON = 2_000

_EXACT = Manner(exact=True)


@dataclass(frozen=True, slots=True)
class _About:
    """What is decided on: a key of one kind, what it names, and the arguments that say so."""

    kind: Kind
    key: str
    names: Kind
    argument: str
    value_argument: str


_ELEMENT = _About(Kind.FIELD, "element", Kind.ELEMENT, "field", "element")
_SOURCE = _About(Kind.ELEMENT, "source", Kind.DEPARTMENT, "element", "department")


@dataclass(frozen=True, slots=True)
class Decided:
    """What a call did: the decisions that are new, how many were taken already, and the graph's last change now."""

    decisions: Sequence[Decision]
    unchanged: int
    sequence: int


async def bind(graph: Graph, bindings: Mapping[str, str | None], by: str, reason: str | None = None) -> Decided:
    """State which element each field has; `None`: none at all. What was refused of these pairs is refused no more.

    Raises BadInput or NotFound that names the argument; then nothing is written.
    """
    return await _decide(graph, _ELEMENT, bindings, by, reason, Act.BOUND)


async def unbind(graph: Graph, fields: Iterable[str], by: str, reason: str | None = None) -> Decided:
    """Take back which element people said each field has, whoever said it."""
    return await _take_back(graph, _ELEMENT, fields, by, reason, Act.UNBOUND)


async def set_source(graph: Graph, element: str, department: str | None, by: str, reason: str | None = None) -> Decided:
    """State which department is an element's authoritative source; `None`: none."""
    return await _decide(graph, _SOURCE, {element: department}, by, reason, Act.SOURCE_SET)


async def take_back_source(graph: Graph, element: str, by: str, reason: str | None = None) -> Decided:
    """Take back which department people said is an element's authoritative source."""
    return await _take_back(graph, _SOURCE, [element], by, reason, Act.SOURCE_TAKEN_BACK)


async def refuse(graph: Graph, pairs: Iterable[tuple[str, str]], by: str, reason: str | None = None) -> Decided:
    """Keep that these fields do not have these elements, so that they are not suggested for them any more.

    Raises Taken where one has its element now.
    """
    wanted = list(dict.fromkeys(pairs))
    by, reason = _checked(wanted, by, reason)

    async def work(transaction: Transaction) -> Decided:
        turn = await take_turn(transaction)
        fields = await _known(transaction, Kind.FIELD, [one for one, _ in wanted], "field")
        await _known(transaction, Kind.ELEMENT, [element for _, element in wanted], "element")
        bound = [one for one, element in wanted if fields[one].get("element") == element]
        if bound:
            raise Taken(
                f"element: {_listed(bound)} has the element that is refused; bind it to another, to none, or unbind it",
                argument="element",
                ids=bound,
            )
        known = await refused(transaction, [one for one, _ in wanted])
        new = [pair for pair in wanted if pair not in known]
        decisions = written_down(turn, Act.REFUSED, new, by, reason, turn.sequence - 1)
        await keep(transaction, decisions)
        return Decided(decisions, len(wanted) - len(new), turn.sequence - 1)

    return await graph.write(work)


async def allow_again(graph: Graph, pairs: Iterable[tuple[str, str]], by: str, reason: str | None = None) -> Decided:
    """Take back that fields do not have elements: they may be suggested for them again."""
    wanted = list(dict.fromkeys(pairs))
    by, reason = _checked(wanted, by, reason)

    async def work(transaction: Transaction) -> Decided:
        turn = await take_turn(transaction)
        known = await refused(transaction, [one for one, _ in wanted])
        those = [pair for pair in wanted if pair in known]
        decisions = written_down(turn, Act.ALLOWED, those, by, reason, turn.sequence - 1)
        await allow(transaction, those)
        await keep(transaction, decisions)
        return Decided(decisions, len(wanted) - len(those), turn.sequence - 1)

    return await graph.write(work)


async def _decide(
    graph: Graph, about: _About, wanted: Mapping[str, str | None], by: str, reason: str | None, act: Act
) -> Decided:
    by, reason = _checked(wanted, by, reason)
    person = PERSON + by

    async def work(transaction: Transaction) -> Decided:
        writing = _Writing(transaction, await take_turn(transaction), about)
        there = await _known(transaction, about.kind, wanted, about.argument)
        await _known(transaction, about.names, filter(None, wanted.values()), about.value_argument)
        said = {id: _said(about, there[id]) for id in wanted}
        new = [id for id, value in wanted.items() if not _stands(said[id], person, about.key, value)]
        # Who says again what somebody else has meanwhile decided otherwise says it anew.
        await writing.end(
            (id, one) for id in new for one in said[id] if one.source == person and one.values[about.key] == wanted[id]
        )
        await writing.state([Thing(about.kind, id, {about.key: wanted[id]}, source=person) for id in new], PLAIN)
        pairs = [(id, wanted[id]) for id in new]
        decisions = written_down(writing.turn, act, pairs, by, reason, await writing.done())
        if about is _ELEMENT:
            await allow(transaction, [(id, element) for id, element in pairs if element is not None])
        await keep(transaction, decisions)
        return Decided(decisions, len(wanted) - len(new), writing.sequence)

    return await graph.write(work)


async def _take_back(graph: Graph, about: _About, ids: Iterable[str], by: str, reason: str | None, act: Act) -> Decided:
    wanted = list(dict.fromkeys(ids))
    by, reason = _checked(wanted, by, reason)

    async def work(transaction: Transaction) -> Decided:
        writing = _Writing(transaction, await take_turn(transaction), about)
        there = await _known(transaction, about.kind, wanted, about.argument)
        said = {id: _said(about, there[id]) for id in wanted}
        for number in range(max(map(len, said.values()), default=0)):
            some = {id: those[number] for id, those in said.items() if number < len(those)}
            await writing.end(some.items())
        pairs = [(id, those[-1].values[about.key]) for id, those in said.items() if those]
        decisions = written_down(writing.turn, act, pairs, by, reason, await writing.done())
        await keep(transaction, decisions)
        return Decided(decisions, len(wanted) - len(pairs), writing.sequence)

    return await graph.write(work)


def _said(about: _About, stored: Mapping[str, Any]) -> list[Statement]:
    """What people say of the key, who is followed last."""
    statements = (one for one in read_statements(stored, KEYS[about.kind]) if one.source.startswith(PERSON))
    return sorted((one for one in statements if about.key in one.values), key=lambda one: one.counts)


def _stands(said: Sequence[Statement], person: str, key: str, value: str | None) -> bool:
    """Whether this person says so already, and is followed."""
    own = any(one.source == person and one.values[key] == value for one in said)
    return own and said[-1].values[key] == value


@dataclass(slots=True)
class _Writing:
    """Writes statements of people as one change."""

    transaction: Transaction
    turn: Turn
    about: _About
    touched: dict[str, None] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)

    @property
    def sequence(self) -> int:
        """The graph's last change when this is done."""
        return self.turn.sequence if self.touched else self.turn.sequence - 1

    async def state(self, things: Sequence[Thing], manner: Manner) -> None:
        """State things, each once."""
        if not things:
            return
        plan = Plan(self.turn, manner)
        touched = await plan_things(self.transaction, plan, self.about.kind, things)
        self._check(plan)
        await plan.run(self.transaction)
        self._note(touched, {one.source or "" for one in things})

    async def end(self, statements: Iterable[tuple[str, Statement]]) -> None:
        """Let people say nothing of the key any more, one of each thing; what else they say of it stays."""
        kind, key = self.about.kind, self.about.key
        kept, gone = [], {}
        for id, one in statements:
            left = {name: value for name, value in one.values.items() if name != key}
            raw = {name: value for name, value in one.raw.items() if name != key}
            if left or one.extra or raw:
                kept.append(Thing(kind, id, left, source=one.source, raw=raw, extra=one.extra))
            else:
                gone[id] = one.source
        await self.state(kept, _EXACT)
        if gone:
            plan = Plan(self.turn)
            ended = await plan_end_of_things(self.transaction, plan, kind, gone)
            await plan.run(self.transaction)
            self._note(ended, set(gone.values()))

    def _check(self, plan: Plan) -> None:
        for finding in plan.written.findings:
            raise BadInput(f"{self.about.argument}: {finding.message}", argument=self.about.argument)

    def _note(self, touched: Iterable[str], sources: set[str]) -> None:
        self.touched |= dict.fromkeys(touched)
        self.sources |= sources

    async def done(self) -> int:
        """Record the change, if it is one; the graph's last change now."""
        if self.touched:
            acts = [f"{len(self.touched)} {self.about.kind} changed"]
            await end_turn(self.transaction, self.turn, acts, list(self.touched), sorted(self.sources))
        return self.sequence


async def _known(transaction: Transaction, kind: Kind, ids: Iterable[str], argument: str) -> dict[str, dict[str, Any]]:
    """What is stored of things. Raises NotFound where nobody states one."""
    wanted = list(dict.fromkeys(ids))
    there = await stored(transaction, kind, wanted) if wanted else {}
    missing = [id for id in wanted if not there.get(id, {}).get("sources")]
    if missing:
        said = "nobody states" if any(id in there for id in missing) else "the registry does not know"
        raise NotFound(f"{argument}: {said} the {kind} {_listed(missing)}", argument=argument, ids=missing)
    return there


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5:,} more" if len(ids) > 5 else "")


def _checked(wanted: Any, by: str, reason: str | None) -> tuple[str, str | None]:
    """Who decides, and why. Raises BadInput for what means nothing."""
    if not wanted:
        raise BadInput("nothing was given to decide on")
    if len(wanted) > MOST:
        raise BadInput(f"at most {MOST:,} decisions are taken at once, not {len(wanted):,}")
    by = by.strip()
    if not is_id(by) or len(by) > LONGEST_NAME:
        raise BadInput(f"by: must have 1 to {LONGEST_NAME} characters, none of them a control character", argument="by")
    reason = (reason or "").strip() or None
    if reason is not None and len(reason) > LONGEST_REASON:
        raise BadInput(f"reason: must have at most {LONGEST_REASON:,} characters", argument="reason")
    return by, reason

"""Filings walked at random against a model of their states: the pure steps many times, and both engines a few."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.calendar import WorkCalendar
from graph.engine import Graph
from graph.facts import Kind, as_instant
from graph.filing_records import events
from graph.filing_rules import FilingRules
from graph.filing_states import TRANSITIONS, Decided, FilingAct, FilingKind, FilingState, Opinion, after, possible
from graph.filing_steps import AskedBody
from graph.filings import Filings
from graph.profiles import Profiles
from graph.refusals import NotFound, Refusal, Taken
from graph.things import by_ids
from tests.engines import wipe
from tests.graph.filing import CITY, DIBAO, FAGAI, NEW, XINYONG, Check, candidate, filings_on
from tests.graph.stating import state

BODIES = [FAGAI, "市财政局"]
CANDIDATES = [DIBAO, XINYONG]

STEPS = st.one_of(
    st.tuples(st.sampled_from(["edit", "submit", "withdraw", "check", "build", "move"])),
    st.tuples(st.just("decide"), st.sampled_from([*CANDIDATES, "system:别"]), st.sampled_from(Decided)),
    st.tuples(st.just("review"), st.sampled_from([None, "仍要评审"])),
    st.tuples(st.just("opine"), st.sampled_from([*BODIES, "别的局"]), st.sampled_from(Opinion)),
    st.tuples(
        st.just("close"),
        st.sampled_from([FilingAct.APPROVE, FilingAct.REFUSE, FilingAct.RETURN]),
        st.sampled_from([None, "因为"]),
        st.sampled_from([None, "逾期"]),
    ),
)
# Most walks get somewhere: a way through, with something odd between.
WAY: list[tuple[Any, ...]] = [
    ("submit",),
    ("decide", DIBAO, Decided.EXTEND),
    ("review", "仍要评审"),
    ("opine", FAGAI, Opinion.POSITIVE),
    ("opine", "市财政局", Opinion.NEGATIVE),
    ("close", FilingAct.APPROVE, "因为", None),
    ("build",),
]


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Acts in an order."""
    walk: list[tuple[Any, ...]] = []
    for step in WAY[: draw(st.integers(0, len(WAY)))]:
        walk += draw(st.lists(STEPS, max_size=1))
        walk.append(step)
    return walk + draw(st.lists(STEPS, max_size=4))


@dataclass
class Model:
    """What is known of a filing, by itself: written down from the issue, not from the code."""

    state: str = "DRAFT"
    over: set[str] = field(default_factory=lambda: {DIBAO})
    """Candidates over the threshold, as the graph is now."""
    checked: set[str] = field(default_factory=set)
    """Those that the last check found."""
    decided: set[str] = field(default_factory=set)
    opinions: dict[str, str | None] = field(default_factory=dict)
    acts: list[str] = field(default_factory=lambda: ["DRAFT"])

    def does(self, step: tuple[Any, ...]) -> bool:
        """Take a step; whether it is allowed."""
        done: bool = getattr(self, f"_{step[0]}")(*step[1:])
        return done

    def _to(self, act: str, state: str) -> bool:
        self.acts.append(act)
        self.state = state
        return True

    def _look(self) -> None:
        """Before something is decided the check runs again, if it has to."""
        if self.state == "SUBMITTED" or (self.state in ("CHECKED", "IN_REVIEW") and self.moved):
            self.acts.append("CHECK")
            self.state = "CHECKED" if self.state == "SUBMITTED" else self.state
            self.checked, self.moved = set(self.over), False

    moved: bool = False

    def _move(self) -> bool:
        self.moved = True
        self.over = {DIBAO, XINYONG}
        return True

    def _edit(self) -> bool:
        return self.state in ("DRAFT", "RETURNED") and self._to("EDIT", "DRAFT")

    def _submit(self) -> bool:
        if self.state != "DRAFT":
            return False
        self._to("SUBMIT", "SUBMITTED")
        self._look()
        self.opinions = {}
        return True

    def _withdraw(self) -> bool:
        return self.state == "DRAFT" and self._to("WITHDRAW", "WITHDRAWN")

    def _check(self) -> bool:
        if self.state not in ("CHECKED", "IN_REVIEW"):
            return False
        self.checked, self.moved = set(self.over), False
        return self._to("CHECK", self.state)

    def _decide(self, candidate: str, decided: str) -> bool:
        self._look()
        if self.state not in ("CHECKED", "IN_REVIEW") or candidate not in self.checked:
            return False
        self.decided.add(candidate)
        return self._to("DECIDE", self.state)

    def _review(self, reason: str | None) -> bool:
        self._look()
        if self.state != "CHECKED" or self.checked - self.decided:
            return False
        self.opinions = dict.fromkeys(BODIES)
        return self._to("REVIEW", "IN_REVIEW")

    def _opine(self, body: str, opinion: str) -> bool:
        if self.state != "IN_REVIEW" or body not in self.opinions:
            return False
        self.opinions[body] = opinion
        return self._to("OPINE", "IN_REVIEW")

    def _close(self, act: str, reason: str | None, without: str | None) -> bool:
        if act == "RETURN":
            return self.state in ("CHECKED", "IN_REVIEW") and bool(reason) and self._to("RETURN", "RETURNED")
        self._look()
        silent = None in self.opinions.values()
        against = "NEGATIVE" in self.opinions.values()
        if self.state != "IN_REVIEW" or self.checked - self.decided or (silent and not without):
            return False
        if not reason and (act == "REFUSE" or against):
            return False
        return self._to(act, "APPROVED" if act == "APPROVE" else "REFUSED")

    def _build(self) -> bool:
        return self.state == "APPROVED" and self._to("BUILD", "BUILT")


class Walk:
    """The same on a graph."""

    def __init__(self, graph: Graph, folder: Path, filings: Filings, check: Check, id: str) -> None:
        self.graph, self.folder, self.filings, self.check_, self.id = graph, folder, filings, check, id
        self.moves = 0

    async def does(self, step: tuple[Any, ...]) -> bool:
        """Take a step; whether it was allowed."""
        try:
            await getattr(self, f"_{step[0]}")(*step[1:])
        except (Taken, NotFound):
            return False
        return True

    async def _move(self) -> None:
        self.moves += 1
        await state(self.graph, self.folder, [{"fact": "system", "id": f"system:{self.moves}"}])
        self.check_.found = [candidate(DIBAO), candidate(XINYONG)]

    async def _edit(self) -> None:
        await self.filings.edit(self.id, NEW, "王科")

    async def _submit(self) -> None:
        await self.filings.submit(self.id, "王科")

    async def _withdraw(self) -> None:
        await self.filings.withdraw(self.id, "王科")

    async def _check(self) -> None:
        await self.filings.check(self.id, "李处")

    async def _decide(self, id: str, decided: Decided) -> None:
        await self.filings.decide(self.id, id, decided, "李处", "因为")

    async def _review(self, reason: str | None) -> None:
        await self.filings.review(self.id, [AskedBody(name) for name in BODIES], "李处", reason)

    async def _opine(self, body: str, opinion: Opinion) -> None:
        await self.filings.opine(self.id, body, opinion, "赵科", "因为")

    async def _close(self, act: FilingAct, reason: str | None, without: str | None) -> None:
        await self.filings.close(self.id, act, "李处", reason, without)

    async def _build(self) -> None:
        await self.filings.build(self.id, "王科")


async def test_filings_walked_at_random_are_as_their_model(graph: Graph, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()

    async def walk(steps: list[tuple[Any, ...]]) -> None:
        await wipe(graph)
        await state(graph, tmp_path, CITY)
        filings, check = filings_on(graph, [candidate(DIBAO)])
        filing = await filings.draft(FilingKind.PROPOSE, None, NEW, "王科")
        model, real = Model(), Walk(graph, tmp_path, filings, check, filing.id)
        for step in steps:
            assert await real.does(step) == model.does(step), (step, model)
            now = await filings.find(filing.id)
            assert (now.state, now.version) == (model.state, len(model.acts)), (step, model)
            if model.state in ("CHECKED", "IN_REVIEW"):
                assert set(now.undecided) == model.checked - model.decided
        log = (await events(graph, [filing.id]))[filing.id]
        assert [event.act for event in log] == model.acts
        assert [event.number for event in log] == [*range(1, len(log) + 1)]
        # Each event goes on from the state that the one before has left.
        assert [event.before for event in log] == [None, *(event.after for event in log[:-1])]
        made = await by_ids(graph, Kind.SYSTEM, ["system:320900/民政/救助平台"])
        assert [one["status"] for one in made.values()] == {"APPROVED": ["PLANNED"], "BUILT": ["LIVE"]}.get(
            model.state, []
        )

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(walks())
    def run(steps: list[tuple[Any, ...]]) -> None:
        asyncio.run_coroutine_threadsafe(walk(steps), loop).result()

    await asyncio.to_thread(run)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("state", FilingState)
def test_what_is_not_possible_says_what_is(state: FilingState, short: bool) -> None:
    acts = possible(state, short=short)
    for act in FilingAct:
        if act in acts:
            assert after(act, state, short=short) is TRANSITIONS[act][state]
            continue
        with pytest.raises(Refusal) as error:
            after(act, state, short=short)
        assert (error.value.code, error.value.argument) == ("CONFLICT", "id")
        assert state in str(error.value)


def test_only_what_is_done_is_over() -> None:
    over = {state for state in FilingState if not possible(state, short=True)}
    assert over == {FilingState.REFUSED, FilingState.BUILT, FilingState.WITHDRAWN}
    assert FilingAct.APPROVE not in possible(FilingState.CHECKED, short=False)
    assert FilingAct.APPROVE in possible(FilingState.CHECKED, short=True)


SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "days", "due"),
    [
        ("2026-02-13T23:30:00+08:00", 5, "2026-02-27"),  # over Spring Festival, with its make-up day
        (
            "2026-02-14T00:10:00+08:00",
            1,
            "2026-02-24",
        ),  # a Saturday that is worked; the night before it is Friday in UTC
        ("2026-09-30T09:00:00+08:00", 1, "2026-10-08"),  # over National Day
        ("2026-12-25T09:00:00+08:00", 5, None),
    ],
)
def test_deadlines_are_counted_by_the_work_calendar(at: str, days: int, due: str | None) -> None:
    found = FilingRules(Profiles(), WorkCalendar().due, SHANGHAI).after(as_instant(at, SHANGHAI), days)
    assert found.day == due
    assert (due is None) is ("2027" in (found.unknown or ""))

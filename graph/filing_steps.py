"""What each act makes of a filing. Pure: what is read of the graph is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.changes import now
from graph.facts import name_key
from graph.filing_check import Checked
from graph.filing_content import Content, Noticed, proposal_of
from graph.filing_records import Body, Decision, Event, Filing, Step
from graph.filing_rules import MOST_DAYS, Due, FilingRules
from graph.filing_states import (
    Decided,
    FilingAct,
    FilingState,
    Opinion,
    after,
    check_closing,
    check_review,
)
from graph.refusals import BadInput, NotFound

__all__ = ["Acting", "AskedBody"]

MOST_BODIES = 50
REGISTRY = "registry"
"""Who acts where nobody asked for it."""


@dataclass(frozen=True, slots=True)
class AskedBody:
    """A body that is to be asked: its name, its id where it is a registered department, its own deadline."""

    name: str
    department: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts and why, under which rules; `short`: the filing is an instance of a standard solution in force."""

    by: str
    reason: str | None
    rules: FilingRules
    short: bool = False

    def _step(self, filing: Filing, act: FilingAct, detail: Mapping[str, Any] | None = None, **more: Any) -> Step:
        """The filing in its next state, and what happened."""
        state = after(act, filing.state, short=self.short)
        changed = _with_due(replace(filing, state=state, **more))
        event = Event(
            filing.id,
            filing.version + 1,
            now(),
            self.by,
            act.value,
            filing.state,
            state,
            self.reason,
            changed.due,
            changed.unknown,
            changed.rules_version,
            detail or {},
        )
        return changed, [event]

    def edit(self, filing: Filing, before: Content, content: Content, noticed: Sequence[Noticed], name: str) -> Step:
        """Say something else. What was decided holds while what is checked is the same."""
        same = proposal_of(before, None) == proposal_of(content, None)
        return self._step(
            filing,
            FilingAct.EDIT,
            {"content": content.as_json()},
            content=content.as_json(),
            name=name,
            warnings=[{"place": one.place, "message": one.message} for one in noticed],
            decisions=filing.decisions if same else (),
            **_UNCHECKED,
        )

    def submit(self, filing: Filing, department: str | None, name: str, solution: str | None) -> Step:
        """Hand it in: from now on it stands under the rules in force today."""
        at = now()
        profile = self.rules.received(at)
        decide = self.rules.after(at, self.rules.review_days(profile))
        return self._step(
            filing,
            FilingAct.SUBMIT,
            {"content": dict(filing.content)},
            department=department,
            name=name,
            solution=solution,
            rules=profile.name,
            rules_version=profile.version,
            received=at,
            decide_by=decide.day,
            decide_unknown=decide.unknown,
        )

    def check(self, filing: Filing, found: Checked) -> Step:
        """Keep what the check found; decisions that were made stay."""
        changed, [event] = self._step(
            filing,
            FilingAct.CHECK,
            checked=filing.version + 1,
            sequence=found.sequence,
            verdict=found.verdict,
            candidates=list(found.candidates),
        )
        event = replace(
            event,
            rules=found.rules or event.rules,
            sequence=found.sequence,
            verdict=found.verdict,
            report=found.report,
            detail={"undecided": changed.undecided},
        )
        return changed, [event]

    def decide(self, filing: Filing, candidate: str, decided: Decided) -> Step:
        """Decide on a candidate; deciding again takes the place of what was decided."""
        if not self.reason:
            raise BadInput("reason: say why, so that the decision can be argued with", argument="reason")
        after(FilingAct.DECIDE, filing.state, short=self.short)
        found = next((one for one in filing.candidates if one.id == candidate), None)
        if found is None:
            raise NotFound(
                f"candidate: {candidate} is no candidate of this filing; see its candidates",
                argument="candidate",
                ids=[candidate],
            )
        decision = Decision(candidate, decided, self.reason, self.by, now())
        others = [one for one in filing.decisions if one.candidate != candidate]
        detail = {"candidate": candidate, "decided": decided.value, "score": found.score, "over": found.over}
        return self._step(filing, FilingAct.DECIDE, detail, decisions=[*others, decision])

    def review(self, filing: Filing, asked: Sequence[AskedBody]) -> Step:
        """Ask bodies for their opinions."""
        after(FilingAct.REVIEW, filing.state, short=self.short)
        check_review(filing.undecided, filing.verdict, self.reason)
        bodies = self._bodies(filing, asked)
        detail = {"bodies": [{"body": one.key, "name": one.name, "days": one.days, "due": one.due} for one in bodies]}
        return self._step(filing, FilingAct.REVIEW, detail, bodies=bodies)

    def _bodies(self, filing: Filing, asked: Sequence[AskedBody]) -> list[Body]:
        if not 1 <= len(asked) <= MOST_BODIES:
            raise BadInput(f"bodies: name 1 to {MOST_BODIES} bodies, not {len(asked)}", argument="bodies")
        usual, at = self.rules.opinion_days(filing.rules), now()
        found: dict[str, Body] = {}
        for one in asked:
            days = usual if one.days is None else one.days
            if not 1 <= days <= MOST_DAYS:
                raise BadInput(
                    f"bodies.workingDays: must be from 1 to {MOST_DAYS}, not {days:,}", argument="bodies.workingDays"
                )
            due = self.rules.after(at, days)
            for key in {one.department or one.name, name_key(one.name)}:
                if key in found:
                    raise BadInput(f"bodies: {one.name} is named twice", argument="bodies")
            body = Body(one.name, one.department, days, due.day, due.unknown)
            found |= dict.fromkeys([one.department or one.name, name_key(one.name)], body)
        return list(dict.fromkeys(found.values()))

    def opine(self, filing: Filing, body: str, opinion: Opinion) -> Step:
        """Give the opinion of a body that was asked; giving it again takes the place of what it said."""
        after(FilingAct.OPINE, filing.state, short=self.short)
        place = next((n for n, one in enumerate(filing.bodies) if body == one.department), None)
        if place is None:
            place = next((n for n, one in enumerate(filing.bodies) if name_key(body) == name_key(one.name)), None)
        if place is None:
            asked = ", ".join(one.name for one in filing.bodies)
            raise NotFound(f"body: {body} was not asked; asked were {asked}", argument="body", ids=[body])
        if opinion is not Opinion.POSITIVE and not self.reason:
            raise BadInput(f"reason: an opinion that is {opinion} needs its reason", argument="reason")
        own = replace(filing.bodies[place], opinion=opinion, reason=self.reason, by=self.by, at=now())
        bodies = [own if n == place else one for n, one in enumerate(filing.bodies)]
        return self._step(filing, FilingAct.OPINE, {"body": own.key, "opinion": opinion.value}, bodies=bodies)

    def close(self, filing: Filing, act: FilingAct, without: str | None) -> Step:
        """Approve, refuse or return it."""
        after(act, filing.state, short=self.short)
        negative = any(one.opinion is Opinion.NEGATIVE for one in filing.bodies)
        check_closing(act, filing.undecided, filing.silent, negative, self.reason, without or "")
        detail: dict[str, Any] = {}
        if filing.silent and without:
            detail = {"without": without, "silent": filing.silent}
        if filing.state is FilingState.CHECKED and act is FilingAct.APPROVE:
            detail = {"solution": filing.solution}
        return self._step(filing, act, detail, without=without if filing.silent else None)

    def build(self, filing: Filing, day: str) -> Step:
        """It is there, changed, or gone."""
        return self._step(filing, FilingAct.BUILD, {"on": day})

    def withdraw(self, filing: Filing) -> Step:
        """Give it up."""
        return self._step(filing, FilingAct.WITHDRAW)


_UNCHECKED: Mapping[str, Any] = {
    "candidates": (),
    "bodies": (),
    "checked": None,
    "sequence": None,
    "verdict": None,
    "without": None,
    "decide_by": None,
    "decide_unknown": None,
}


def _with_due(filing: Filing) -> Filing:
    """The filing with the next day by which somebody has to do something."""
    due = Due()
    if filing.state in (FilingState.SUBMITTED, FilingState.CHECKED, FilingState.IN_REVIEW):
        due = Due(filing.decide_by, filing.decide_unknown)
    if filing.state is FilingState.IN_REVIEW and filing.silent:
        open = [one for one in filing.bodies if one.opinion is None]
        days = [one.due for one in open if one.due]
        unknown = next((one.unknown for one in open if one.unknown), None)
        due = Due(min(days) if days else None, None if days else unknown)
    return replace(filing, due=due.day, unknown=due.unknown)

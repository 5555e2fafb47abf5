"""Filings: a system that is to be built, changed or retired, from its draft to the decision and what comes of it.

    filings = Filings(graph, rules, checker, impacts)
    one = await filings.draft(FilingKind.PROPOSE, None, {"name": …, "department": …}, by="王科")
    one = await filings.submit(one.id, by="王科")                  # is checked by itself
    one = await filings.decide(one.id, "system:…", Decided.EXTEND, by=…, reason=…)

Each act is one transaction, in which the filing is read again; of two at once one wins, and the other is refused
where what it wants is not possible any more, or where it names the version that it has seen. Before anything is
decided the check runs again if the graph has moved.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from graph.changes import Turn, now, position, take_turn
from graph.engine import Graph, Transaction
from graph.facts import Kind, is_id
from graph.filing_check import Checked, Checker, check_filing, registered
from graph.filing_content import Content, check_proposal, content_from, lacking
from graph.filing_making import build, make_planned
from graph.filing_records import Event, Filing, Step, by_ids, check_version, create, rewrite, unknown
from graph.filing_rules import FilingRules
from graph.filing_states import Decided, FilingAct, FilingKind, FilingState, Opinion, after
from graph.filing_steps import REGISTRY, Acting, AskedBody
from graph.filing_words import by_text, free_text, title_text
from graph.impact import Impacts
from graph.refusals import BadInput, NotFound, Taken
from graph.solutions import in_force, usable
from graph.things import by_ids as things_by_ids

__all__ = ["Filings"]

_UNDER_CHECK = (FilingState.SUBMITTED, FilingState.CHECKED, FilingState.IN_REVIEW)
_TRIES = 5
"""How often a check is kept that others run at the same time."""


class Filings:
    """The filings of one registry. All of it raises BadInput and NotFound, and Taken (CONFLICT) for what cannot be."""

    def __init__(self, graph: Graph, rules: FilingRules, checker: Checker, impacts: Callable[[], Impacts]) -> None:
        self.graph = graph
        self.rules = rules
        self._checker = checker
        self._impacts = impacts

    # What the department does.

    async def draft(
        self, kind: FilingKind, system: str | None, content: Any, by: str, reason: str | None = None
    ) -> Filing:
        """Begin a filing. `system`: of CHANGE and RETIRE, which one. `content`: what it says, as JSON."""
        by, reason = by_text(by), free_text(reason, "reason")
        read, noticed = content_from(kind, content, self.rules.zone)
        _check_system(kind, system)
        at = now()
        id = f"filing:{secrets.token_hex(8)}"
        filing = Filing(
            id,
            kind,
            FilingState.DRAFT,
            version=1,
            name=await self._name(kind, system, read),
            by=by,
            at=at,
            changed=at,
            system=system,
            department=read.values.get("department"),
            content=read.as_json(),
            warnings=[{"place": one.place, "message": one.message} for one in noticed],
        )
        event = Event(id, 1, at, by, "DRAFT", None, FilingState.DRAFT, reason, detail={"content": filing.content})
        return await create(self.graph, filing, event)

    async def edit(
        self, id: str, content: Any, by: str, reason: str | None = None, version: int | None = None
    ) -> Filing:
        """Say something else: all that it says, not only what is different. What was returned is a draft again."""
        acting = self._acting(by, reason)
        kind = (await self.find(id)).kind
        read, noticed = content_from(kind, content, self.rules.zone)

        async def change(filing: Filing, transaction: Transaction, _: Any) -> Step:
            name = await self._name(kind, filing.system, read)
            step = acting.edit(filing, self._content(filing), read, noticed, name)
            return replace(step[0], department=read.values.get("department") or filing.department), step[1]

        return await rewrite(self.graph, id, version, change)

    async def submit(self, id: str, by: str, reason: str | None = None, version: int | None = None) -> Filing:
        """Hand it in. It is checked at once; where that fails it stays SUBMITTED, and the next act checks it."""
        acting = self._acting(by, reason)

        async def change(filing: Filing, transaction: Transaction, _: Any) -> Step:
            content = self._content(filing)
            if missing := list(lacking(filing.kind, content)):
                raise BadInput("; ".join(f"{place} {what}" for place, what in missing), argument=missing[0][0])
            department = await self._department(filing, content)
            check_proposal(content)
            solution = None
            if content.instance_of is not None:
                solution = (await in_force(self.graph, content.instance_of, "content.instance_of")).id
            name = await self._name(filing.kind, filing.system, content)
            return acting.submit(filing, department, name, solution)

        await rewrite(self.graph, id, version, change)
        return await self._checked(id, None)

    async def withdraw(self, id: str, by: str, reason: str | None = None, version: int | None = None) -> Filing:
        """Give up a draft."""
        acting = self._acting(by, reason)

        async def change(filing: Filing, transaction: Transaction, _: Any) -> Step:
            return acting.withdraw(filing)

        return await rewrite(self.graph, id, version, change)

    # What the authority does.

    async def check(self, id: str, by: str, version: int | None = None) -> Filing:
        """Run the check again, whether the graph has moved or not."""
        return await self._checked(id, version, by=by_text(by), again=True)

    async def decide(
        self, id: str, candidate: str, decided: Decided, by: str, reason: str, version: int | None = None
    ) -> Filing:
        """Decide on a candidate of the check."""
        acting = self._acting(by, reason)

        async def change(filing: Filing, transaction: Transaction, _: Any) -> Step:
            return acting.decide(filing, candidate, decided)

        return await rewrite(self.graph, id, await self._fresh(id, version), change)

    async def review(
        self, id: str, bodies: Sequence[AskedBody], by: str, reason: str | None = None, version: int | None = None
    ) -> Filing:
        """Ask bodies for their joint opinion: departments by their ids, others by their names."""
        acting = self._acting(by, reason)
        known = await things_by_ids(self.graph, Kind.DEPARTMENT, [one.name for one in bodies])
        asked = [_body(one, known) for one in bodies]

        async def change(filing: Filing, transaction: Transaction, _: Any) -> Step:
            return acting.review(filing, asked)

        return await rewrite(self.graph, id, await self._fresh(id, version), change)

    async def opine(
        self, id: str, body: str, opinion: Opinion, by: str, reason: str | None = None, version: int | None = None
    ) -> Filing:
        """Give a body's opinion."""
        acting = self._acting(by, reason)

        async def change(filing: Filing, transaction: Transaction, _: Any) -> Step:
            return acting.opine(filing, body, opinion)

        return await rewrite(self.graph, id, version, change)

    async def close(
        self,
        id: str,
        act: FilingAct,
        by: str,
        reason: str | None = None,
        without: str | None = None,
        version: int | None = None,
    ) -> Filing:
        """APPROVE, REFUSE or RETURN it. `without`: why it is closed without the opinions that are missing.

        Approval of a new system makes it, as PLANNED.
        """
        acting, without = self._acting(by, reason), free_text(without, "without")
        if act is not FilingAct.RETURN:
            version = await self._fresh(id, version)
        filing = await self.find(id)
        acting = replace(acting, short=await self.is_short(filing))
        making = act is FilingAct.APPROVE and filing.kind is FilingKind.PROPOSE

        async def change(filing: Filing, transaction: Transaction, turn: Turn | None) -> Step:
            changed, happened = acting.close(filing, act, without)
            if turn is None:
                return changed, happened
            content = self._content(filing)
            id, sequence = await make_planned(transaction, turn, filing, content, self.rules.zone)
            detail = {**happened[0].detail, "system": id, "change": sequence}
            return replace(changed, system=id), [replace(happened[0], detail=detail)]

        return await rewrite(self.graph, id, version, change, take_turn if making else None)

    async def build(
        self, id: str, by: str, on: date | None = None, reason: str | None = None, version: int | None = None
    ) -> Filing:
        """Say that it is done, `on` a day (today if not given): the system is LIVE, changed, or RETIRED."""
        acting = self._acting(by, reason)
        day = (on or self.rules.day(now())).isoformat()

        async def change(filing: Filing, transaction: Transaction, turn: Turn) -> Step:
            changed, happened = acting.build(filing, day)
            sequence = await build(transaction, turn, filing, self._content(filing), day, self.rules.zone)
            return changed, [replace(happened[0], detail={**happened[0].detail, "change": sequence})]

        return await rewrite(self.graph, id, version, change, take_turn)

    # What is asked of filings.

    async def find(self, id: str) -> Filing:
        """The filing. Raises NotFound."""
        found = (await by_ids(self.graph, [id])).get(id)
        if found is None:
            raise unknown(id)
        return found

    async def look(self, filing: Filing) -> Checked:
        """What a check of it finds now; nothing is kept."""
        return await check_filing(self.graph, filing, self._checker, self._impacts, self.rules.zone)

    async def is_short(self, filing: Filing) -> bool:
        """Whether it is an instance of a standard solution in force, so that no opinions are asked for."""
        return filing.solution in await usable(self.graph, [filing.solution])

    def _acting(self, by: str, reason: str | None) -> Acting:
        return Acting(by_text(by), free_text(reason, "reason"), self.rules)

    def _content(self, filing: Filing) -> Content:
        return content_from(filing.kind, filing.content, self.rules.zone)[0]

    async def _name(self, kind: FilingKind, system: str | None, content: Content) -> str:
        said = content.values.get("name")
        if kind is not FilingKind.PROPOSE and system is not None:
            stored = await things_by_ids(self.graph, Kind.SYSTEM, [system])
            return str(stored[system]["name"]) if system in stored else str(said or system)
        return str(said or "")

    async def _department(self, filing: Filing, content: Content) -> str | None:
        """The department that files: a registered one. Raises NotFound."""
        department: str | None = content.values.get("department")
        if filing.kind is not FilingKind.PROPOSE:
            department = department or (await registered(self.graph, filing.system or "")).get("department")
        if department is None:
            return None
        found = (await things_by_ids(self.graph, Kind.DEPARTMENT, [department])).get(department)
        if found is None or found.get("unregistered") or found.get("closed"):
            raise NotFound(
                f"content.department: {department} is no registered department",
                argument="content.department",
                ids=[department],
            )
        return department

    # The check.

    async def _fresh(self, id: str, version: int | None) -> int | None:
        """See that the check stands on the graph as it is; the version to go on from, if one was given."""
        filing = await self._checked(id, version)
        return None if version is None else filing.version

    async def _checked(self, id: str, version: int | None, by: str = REGISTRY, *, again: bool = False) -> Filing:
        """The filing, checked again where that is due. Raises Taken where it is not at that `version`."""
        for _ in range(_TRIES):
            filing = await self.find(id)
            check_version(filing, version)
            acting = Acting(by, None, self.rules)
            if filing.state not in _UNDER_CHECK and not again:
                return filing
            due = again or filing.sequence is None or filing.state is FilingState.SUBMITTED
            if not due and (await position(self.graph)).sequence == filing.sequence:
                return filing
            if again:
                after(FilingAct.CHECK, filing.state, short=False)
            found = await self.look(filing)
            if not due and found.sequence == filing.sequence:
                return filing
            try:
                return await rewrite(self.graph, id, filing.version, partial(_keep, acting, found))
            except Taken:
                if version is not None:
                    raise
        raise Taken("id: others keep working on this filing; try again", argument="id")


async def _keep(acting: Acting, found: Checked, filing: Filing, transaction: Transaction, _: Any) -> Step:
    return acting.check(filing, found)


def _check_system(kind: FilingKind, system: str | None) -> None:
    if kind is FilingKind.PROPOSE:
        if system is not None:
            raise BadInput(
                "system: a new system has no id yet; leave it out, or file a CHANGE of that one", argument="system"
            )
    elif system is None or not is_id(system):
        raise BadInput(f"system: say by its id which system is filed to {kind.value.lower()}", argument="system")


def _body(asked: AskedBody, known: Mapping[str, Mapping[str, Any]]) -> AskedBody:
    """The body by its name; one that is asked for by an id is that department."""
    name = title_text(asked.name, "bodies")
    found = known.get(asked.name)
    if found is None:
        return replace(asked, name=name)
    return replace(asked, name=str(found["name"]), department=asked.name)

"""The states of a filing, and what may be done in each. Pure: no graph, no clock.

DRAFT → SUBMITTED → CHECKED → IN_REVIEW → APPROVED → BUILT
  ↑         ╲           ╲         ├─────→ REFUSED
  └── edit ── RETURNED ←──────────┘
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from graph.refusals import Taken

__all__ = [
    "TRANSITIONS",
    "Decided",
    "FilingAct",
    "FilingKind",
    "FilingState",
    "Opinion",
    "after",
    "check_closing",
    "check_review",
    "possible",
]


class FilingKind(StrEnum):
    """What is filed: a new system, a change of one, or its end."""

    PROPOSE = "PROPOSE"
    CHANGE = "CHANGE"
    RETIRE = "RETIRE"


class FilingState(StrEnum):
    """Where a filing stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    CHECKED = "CHECKED"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    BUILT = "BUILT"
    WITHDRAWN = "WITHDRAWN"


class FilingAct(StrEnum):
    """What is done to a filing."""

    EDIT = "EDIT"
    SUBMIT = "SUBMIT"
    CHECK = "CHECK"
    DECIDE = "DECIDE"
    REVIEW = "REVIEW"
    OPINE = "OPINE"
    APPROVE = "APPROVE"
    REFUSE = "REFUSE"
    RETURN = "RETURN"
    BUILD = "BUILD"
    WITHDRAW = "WITHDRAW"


class Decided(StrEnum):
    """What is decided on a candidate that is over the threshold."""

    REUSE = "REUSE"
    EXTEND = "EXTEND"
    MERGE = "MERGE"
    JUSTIFY = "JUSTIFY"


class Opinion(StrEnum):
    """What a body that was asked says."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    ABSTAINED = "ABSTAINED"


_S = FilingState

TRANSITIONS: Mapping[FilingAct, Mapping[FilingState, FilingState]] = {
    FilingAct.EDIT: {_S.DRAFT: _S.DRAFT, _S.RETURNED: _S.DRAFT},
    FilingAct.SUBMIT: {_S.DRAFT: _S.SUBMITTED},
    FilingAct.CHECK: {_S.SUBMITTED: _S.CHECKED, _S.CHECKED: _S.CHECKED, _S.IN_REVIEW: _S.IN_REVIEW},
    FilingAct.DECIDE: {_S.CHECKED: _S.CHECKED, _S.IN_REVIEW: _S.IN_REVIEW},
    FilingAct.REVIEW: {_S.CHECKED: _S.IN_REVIEW},
    FilingAct.OPINE: {_S.IN_REVIEW: _S.IN_REVIEW},
    # From CHECKED only an instance of a standard solution: the short path.
    FilingAct.APPROVE: {_S.IN_REVIEW: _S.APPROVED, _S.CHECKED: _S.APPROVED},
    FilingAct.REFUSE: {_S.IN_REVIEW: _S.REFUSED},
    # Also what cannot be checked, or says too little: nobody need be asked about that.
    FilingAct.RETURN: dict.fromkeys((_S.IN_REVIEW, _S.CHECKED, _S.SUBMITTED), _S.RETURNED),
    FilingAct.BUILD: {_S.APPROVED: _S.BUILT},
    FilingAct.WITHDRAW: {_S.DRAFT: _S.WITHDRAWN},
}
"""For each act the states in which it may be done, and what they become."""


def possible(state: FilingState, *, short: bool) -> list[FilingAct]:
    """What may be done in a state; `short`: the filing is an instance of a standard solution in force."""
    return [
        act
        for act, states in TRANSITIONS.items()
        if state in states and (short or (act, state) != (FilingAct.APPROVE, _S.CHECKED))
    ]


def after(act: FilingAct, state: FilingState, *, short: bool) -> FilingState:
    """The state that an act leads to. Raises Taken that says what may be done instead."""
    acts = possible(state, short=short)
    if act in acts:
        return TRANSITIONS[act][state]
    if act is FilingAct.APPROVE and state is _S.CHECKED:
        way = "only an instance of a standard solution is approved without a review; ask for opinions first"
    else:
        way = f"possible now: {', '.join(acts)}" if acts else "nothing is done to it any more"
    raise Taken(f"id: {act} is not possible while the filing is {state}; {way}", argument="id")


def check_review(undecided: Sequence[str], verdict: str | None, reason: str | None) -> None:
    """Refuse a review that lacks decisions, or a reason where the check could not say anything."""
    _check_decided(undecided)
    if verdict == "UNKNOWN" and not reason:
        raise Taken(
            "reason: the check could not say whether this exists already (no usable name or matter); return the "
            "filing to be completed, or say why it goes into review all the same",
            argument="reason",
        )


def check_closing(
    act: FilingAct, undecided: Sequence[str], silent: Sequence[str], negative: bool, reason: str | None, without: str
) -> None:
    """Refuse a closing that lacks a decision, an opinion or a reason.

    `silent` are the bodies that have not said anything, `negative` whether one of them is against it, `without` why it
    is closed without those.
    """
    if act is not FilingAct.APPROVE and not reason:
        raise Taken("reason: say why, so that the department knows what to do", argument="reason")
    if act is FilingAct.RETURN:
        return
    _check_decided(undecided)
    if silent and not without:
        raise Taken(
            f"without: no opinion yet of {_some(silent)}; wait for it, or say in `without` why it goes without",
            argument="without",
        )
    if act is FilingAct.APPROVE and negative and not reason:
        raise Taken("reason: a body is against it; say why it is approved all the same", argument="reason")


def _check_decided(undecided: Sequence[str]) -> None:
    if undecided:
        raise Taken(
            f"id: a decision (REUSE, EXTEND, MERGE or JUSTIFY, with its reason) is missing on {_some(undecided)}",
            argument="id",
            ids=undecided,
        )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5:,} more"

"""The enums of filings."""

from enum import Enum
from typing import Any

import strawberry

from graph import filing_lists, filing_scope, filing_states, running_funds


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value.value, description=description)


_KIND, _STATE, _ACT = filing_states.FilingKind, filing_states.FilingState, filing_states.FilingAct
_DECIDED, _OPINION = filing_states.Decided, filing_states.Opinion
_ORDER, _SCOPE = filing_lists.FilingOrder, filing_scope.ScopeOrder
_GROUND, _WEIGHED, _OUTCOME = running_funds.GroundKind, running_funds.Weighed, running_funds.Outcome


@strawberry.enum(description="What is filed.")
class FilingKind(Enum):
    PROPOSE = _value(_KIND.PROPOSE, "A new system. (新建备案)")
    CHANGE = _value(_KIND.CHANGE, "A change of a system. (变更备案)")
    RETIRE = _value(_KIND.RETIRE, "The end of a system. (下线备案)")


@strawberry.enum(description="Where a filing stands.")
class FilingState(Enum):
    DRAFT = _value(_STATE.DRAFT, "It is being written.")
    SUBMITTED = _value(_STATE.SUBMITTED, "It was handed in and not checked yet.")
    CHECKED = _value(_STATE.CHECKED, "It was checked: candidates over the threshold are to be decided on.")
    IN_REVIEW = _value(_STATE.IN_REVIEW, "Bodies were asked for their opinions.")
    APPROVED = _value(_STATE.APPROVED, "It may be built, changed or ended.")
    REFUSED = _value(_STATE.REFUSED, "It may not.")
    RETURNED = _value(_STATE.RETURNED, "It is to be edited and handed in again.")
    BUILT = _value(_STATE.BUILT, "It was done.")
    WITHDRAWN = _value(_STATE.WITHDRAWN, "It was given up.")


@strawberry.enum(description="What is done to a filing.")
class FilingAct(Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="It is begun.")
    EDIT = _value(_ACT.EDIT, "It says something else.")
    SUBMIT = _value(_ACT.SUBMIT, "It is handed in.")
    CHECK = _value(_ACT.CHECK, "It is looked at what does the same already, or what its end would touch.")
    DECIDE = _value(_ACT.DECIDE, "A candidate is decided on.")
    REVIEW = _value(_ACT.REVIEW, "Bodies are asked for their opinions.")
    OPINE = _value(_ACT.OPINE, "A body gives its opinion.")
    APPROVE = _value(_ACT.APPROVE, "It is approved.")
    REFUSE = _value(_ACT.REFUSE, "It is refused.")
    RETURN = _value(_ACT.RETURN, "It is given back to be completed.")
    BUILD = _value(_ACT.BUILD, "It is said that it was done.")
    WITHDRAW = _value(_ACT.WITHDRAW, "It is given up.")


@strawberry.enum(description="How a filing is closed.")
class FilingOutcome(Enum):
    APPROVED = _value(_ACT.APPROVE, "It may be built, changed or ended.")
    REFUSED = _value(_ACT.REFUSE, "It may not.")
    RETURNED = _value(_ACT.RETURN, "It is to be completed and handed in again.")


@strawberry.enum(description="What is decided on a candidate that is over the threshold.")
class CandidateDecision(Enum):
    REUSE = _value(_DECIDED.REUSE, "What is there is used instead. (直接复用)")
    EXTEND = _value(_DECIDED.EXTEND, "What is there is extended. (在现有系统上扩展)")
    MERGE = _value(_DECIDED.MERGE, "The two become one. (合并建设)")
    JUSTIFY = _value(_DECIDED.JUSTIFY, "It is built all the same, for the reason that is given. (说明理由后新建)")


@strawberry.enum(name="FilingOpinion", description="What a body says that was asked for its opinion.")
class OpinionType(Enum):
    POSITIVE = _value(_OPINION.POSITIVE, "For it.")
    NEGATIVE = _value(_OPINION.NEGATIVE, "Against it.")
    ABSTAINED = _value(_OPINION.ABSTAINED, "Neither.")


@strawberry.enum(description="Why a candidate counts as no duplicate.")
class CandidateExempt(Enum):
    SELF = strawberry.enum_value("SELF", description="It is the system that is changed, or held by it.")
    SOLUTION = strawberry.enum_value("SOLUTION", description="It is the standard solution, or held by it.")
    INSTANCE = strawberry.enum_value("INSTANCE", description="It is another instance of the solution, or held by it.")


@strawberry.enum(description="What filings are ordered by; then by id.")
class FilingOrder(Enum):
    CHANGED = _value(_ORDER.CHANGED, "What something happened to last comes first.")
    DRAFTED = _value(_ORDER.DRAFTED, "What was begun last comes first.")
    DUE = _value(_ORDER.DUE, "What is due first comes first; what has no day comes last.")
    NAME = _value(_ORDER.NAME, "By name.")


@strawberry.enum(name="FilingListOrder", description="What the full-scope list is ordered by; then by id.")
class ScopeOrder(Enum):
    ID = _value(_SCOPE.ID, "By id.")
    NAME = _value(_SCOPE.NAME, "By name.")
    DEPARTMENT = _value(_SCOPE.DEPARTMENT, "By the id of the department; none comes last.")
    FILED = _value(_SCOPE.FILED, "What was filed last comes first; what never was comes last.")


@strawberry.enum(description="Why a system is to get no running funds.")
class FundsGroundKind(Enum):
    NOT_FILED = _value(_GROUND.NOT_FILED, "It is not filed, or its filing was refused.")
    NOT_CONNECTED = _value(_GROUND.NOT_CONNECTED, "It should exchange data and does not.")
    ZOMBIE = _value(_GROUND.ZOMBIE, "It is hardly used, not maintained any more, or serves no duty.")


@strawberry.enum(description="Whether a ground holds.")
class FundsWeighed(Enum):
    HOLDS = _value(_WEIGHED.HOLDS, "It does.")
    HOLDS_NOT = _value(_WEIGHED.HOLDS_NOT, "It does not.")
    UNKNOWN = _value(_WEIGHED.UNKNOWN, "It cannot be said: see what is missing.")


@strawberry.enum(description="What follows for the running funds of a system, or was decided on them.")
class FundsOutcome(Enum):
    FUNDS = _value(_OUTCOME.FUNDS, "Nothing speaks against them.")
    NO_FUNDS = _value(_OUTCOME.NO_FUNDS, "None.")
    UNKNOWN = _value(_OUTCOME.UNKNOWN, "It cannot be said. Nobody decides this.")

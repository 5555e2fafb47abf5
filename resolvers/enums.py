"""The enums of CONTRACT §6, and those of the lists."""

from enum import Enum
from typing import Any

import strawberry

from graph import difference, reasons
from graph.evidence import Agreement, Other
from graph.facts import Kind
from graph.history import Act
from graph.lists import Order
from graph.walk import Stop


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What kind of thing a node is.")
class NodeKind(Enum):
    JURISDICTION = _value(Kind.JURISDICTION.value, "A nation, province, city, county or township.")
    DEPARTMENT = _value(Kind.DEPARTMENT.value, "A government department or another body.")
    SYSTEM = _value(Kind.SYSTEM.value, "An information system.")
    RESOURCE = _value(Kind.RESOURCE.value, "A resource of the catalogue: a table, file or interface.")
    FIELD = _value(Kind.FIELD.value, "A field of a resource.")
    ELEMENT = _value(Kind.ELEMENT.value, "A data element: the concept that fields carry.")
    AGREEMENT = _value(Kind.AGREEMENT.value, "A sharing agreement.")


@strawberry.enum(description="Which way a walk goes.")
class Direction(Enum):
    UPSTREAM = _value("UPSTREAM", "Towards the sources of data.")
    DOWNSTREAM = _value("DOWNSTREAM", "Towards the users of data.")
    BOTH = _value("BOTH", "Two walks, one each way; depths upstream are negative.")


@strawberry.enum(description="What the nodes of an answer are rolled up to. The walk is always made field by field.")
class Level(Enum):
    FIELD = _value("FIELD", "Fields, and resources as a whole where nobody said which field.")
    RESOURCE = _value("RESOURCE", "Resources.")
    SYSTEM = _value("SYSTEM", "Systems; resources that no system holds stand for themselves.")
    DEPARTMENT = _value("DEPARTMENT", "Departments; what has none stands as the highest below.")
    JURISDICTION = _value("JURISDICTION", "Jurisdictions; what has none stands as the highest below.")


@strawberry.enum(description="What kind of link an edge sums up.")
class Flow(Enum):
    FEEDS = _value("FEEDS", "Data is copied from source to target.")
    READS = _value("READS", "The target, a system, reads the source without keeping it.")


@strawberry.enum(name="Stop", description="What cut an answer.")
class StopReason(Enum):
    DEPTH = _value(Stop.DEPTH.value, "More lies beyond the depth asked for.")
    NODES = _value(Stop.NODES.value, "There are more nodes than the budget allows.")
    FANOUT = _value(Stop.FANOUT.value, "Some node has more neighbours than the budget allows; see its `more`.")
    TIME = _value(Stop.TIME.value, "The time of the budget was up.")
    PEER = _value(Stop.PEER.value, "Another registry did not answer in time.")


@strawberry.enum(description="The level of a jurisdiction.")
class JurisdictionLevel(Enum):
    NATIONAL = _value("NATIONAL", "The nation.")
    PROVINCIAL = _value("PROVINCIAL", "A province.")
    MUNICIPAL = _value("MUNICIPAL", "A city.")
    COUNTY = _value("COUNTY", "A county or an urban district.")
    TOWNSHIP = _value("TOWNSHIP", "A township or a street.")


@strawberry.enum(description="Where a system is in its life.")
class SystemStatus(Enum):
    PLANNED = _value("PLANNED", "Proposed or approved, not begun.")
    BUILDING = _value("BUILDING", "Under construction.")
    LIVE = _value("LIVE", "In use.")
    RETIRED = _value("RETIRED", "Out of use.")


@strawberry.enum(description="On what terms a resource or field is shared between departments.")
class ShareType(Enum):
    UNCONDITIONAL = _value("UNCONDITIONAL", "无条件共享: any department may have it.")
    CONDITIONAL = _value("CONDITIONAL", "有条件共享: on the provider's consent.")
    WITHHELD = _value("WITHHELD", "不予共享: not shared, on a legal basis.")


@strawberry.enum(description="Who may know of a system or resource.")
class Secrecy(Enum):
    PUBLIC = _value("PUBLIC", "Everybody.")
    INTERNAL = _value("INTERNAL", "Government departments.")
    SECRET = _value("SECRET", "Only those who were given the right.")


@strawberry.enum(description="Where a sharing agreement is on its way.")
class AgreementStatus(Enum):
    DRAFT = _value("DRAFT", "Being written.")
    SUBMITTED = _value("SUBMITTED", "Handed in.")
    IN_REVIEW = _value("IN_REVIEW", "Being examined by the provider.")
    APPROVED = _value("APPROVED", "Consented to.")
    REFUSED = _value("REFUSED", "Not consented to.")
    RETURNED = _value("RETURNED", "Sent back for correction.")
    ACTIVE = _value("ACTIVE", "Data is delivered under it.")
    SUSPENDED = _value("SUSPENDED", "Paused.")
    EXPIRED = _value("EXPIRED", "Its time is over.")
    TERMINATED = _value("TERMINATED", "Ended before its time.")


@strawberry.enum(description="How a sharing agreement stands at a moment, the best first.")
class Agreed(Enum):
    IN_FORCE = _value(Agreement.IN_FORCE.value, "It is in force.")
    UPCOMING = _value(Agreement.UPCOMING.value, "It begins later.")
    EXPIRED = _value(Agreement.EXPIRED.value, "Its time is over.")
    WITHDRAWN = _value(Agreement.WITHDRAWN.value, "Nobody states it any more.")
    NONE = _value(Agreement.NONE.value, "There is none.")


@strawberry.enum(description="Why another link states the same.")
class SameBy(Enum):
    SAME_ENDS = _value(Other.SAME_ENDS.value, "It joins the same two things: by another job, or begun at another time.")
    SUM = _value(Other.SUM.value, "It joins the resources as wholes, and so sums up what is between their fields.")


@strawberry.enum(description="How a node or edge differs between two answers.")
class Differs(Enum):
    ADDED = _value(difference.Differs.ADDED.value, "It is in the later answer only.")
    CLOSED = _value(difference.Differs.CLOSED.value, "It is in the earlier answer only.")
    ALTERED = _value(difference.Differs.ALTERED.value, "It is in both, otherwise.")
    UNDECIDED = _value(
        difference.Differs.UNDECIDED.value, "It is in one answer, and may lie beyond what cut the other one."
    )


@strawberry.enum(description="Why something differs between two moments.")
class Why(Enum):
    BEGAN = _value(reasons.Why.BEGAN.value, "Its validity began.")
    ENDED = _value(reasons.Why.ENDED.value, "Its validity ended.")
    RECORDED = _value(reasons.Why.RECORDED.value, "It was recorded: for the first time, or again.")
    WITHDRAWN = _value(reasons.Why.WITHDRAWN.value, "The last source withdrew it.")
    CHANGED = _value(reasons.Why.CHANGED.value, "It is stated otherwise.")
    MOVED = _value(reasons.Why.MOVED.value, "It is reached both times, and stands for another node.")
    REACH = _value(reasons.Why.REACH.value, "It is as it was; what leads to it is not.")


@strawberry.enum(description="What made a version of a thing.")
class VersionAct(Enum):
    NAMED = _value(Act.NAMED.value, "Something named its id, which nobody stated: a placeholder.")
    STATED = _value(Act.STATED.value, "A source stated it: for the first time, or again after it was withdrawn.")
    CHANGED = _value(Act.CHANGED.value, "What its sources state adds up to something else.")
    WITHDRAWN = _value(Act.WITHDRAWN.value, "The last source withdrew it.")


@strawberry.enum(description="What a list is ordered by; rows with the same value are in the order of their ids.")
class OrderBy(Enum):
    ID = _value(Order.ID.value, "The id, by code point.")
    NAME = _value(Order.NAME.value, "The name, by code point (not by pinyin or strokes); the id where it has none.")
    CODE = _value(Order.CODE.value, "The code, of departments the USCC; what has none comes last.")
    UPDATED = _value(Order.UPDATED.value, "When its current version was recorded.")


@strawberry.enum(description="Which way a list is ordered.")
class OrderDirection(Enum):
    ASC = _value("ASC", "Smallest first.")
    DESC = _value("DESC", "Greatest first, ids too; what has no value still comes last.")

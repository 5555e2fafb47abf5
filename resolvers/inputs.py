"""What lists can be narrowed to and ordered by, as GraphQL inputs, and as the listing that the graph answers."""

import dataclasses
from enum import Enum
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph.facts import Kind, name_key
from graph.lists import Listing, Order
from graph.refusals import BadInput
from resolvers.enums import (
    AgreementStatus,
    JurisdictionLevel,
    OrderBy,
    OrderDirection,
    Secrecy,
    ShareType,
    SystemStatus,
)
from resolvers.scalars import Instant

MOST_VALUES = 1_000
"""Values that one filter may list."""
LONGEST_TEXT = 300


def _given(description: str) -> Any:
    return strawberry.field(description=description, default=None)


@strawberry.input(description="What all lists can be narrowed to. Filters that are null narrow nothing.")
class ThingFilter:
    ids: list[strawberry.ID] | None = _given("Only these.")
    name_contains: str | None = _given(
        "Only those with this text in their name, codes or aliases; width, case, spaces, punctuation and traditional "
        "characters make no difference."
    )
    source: str | None = _given("Only those that this source states.")
    updated_since: Instant | None = _given("Only those whose current version was recorded then or later.")
    in_force: bool | None = _given("Only those that are (true) or are not (false) in force now.")
    unregistered: bool = strawberry.field(
        description="True: only placeholders, which are left out otherwise.", default=False
    )
    closed: bool = strawberry.field(
        description="True: only those that nobody states any more, which are left out otherwise.", default=False
    )


_JURISDICTION = "Only those of departments of these jurisdictions, lower levels included."


@strawberry.input(description="What jurisdictions can be narrowed to.")
class JurisdictionFilter(ThingFilter):
    code: str | None = _given("Only the one with this code.")
    level: list[JurisdictionLevel] | None = _given("Only those of these levels.")
    jurisdiction: list[strawberry.ID] | None = _given("Only these and what lies within them, in any depth.")


@strawberry.input(description="What departments can be narrowed to.")
class DepartmentFilter(ThingFilter):
    uscc: str | None = _given("Only the one with this unified social credit code.")
    jurisdiction: list[strawberry.ID] | None = _given("Only those of these jurisdictions, lower levels included.")
    part_of: list[strawberry.ID] | None = _given("Only direct parts of these departments.")


@strawberry.input(description="What systems can be narrowed to.")
class SystemFilter(ThingFilter):
    code: str | None = _given("Only those with this code.")
    department: list[strawberry.ID] | None = _given("Only those that these departments operate.")
    jurisdiction: list[strawberry.ID] | None = _given(_JURISDICTION)
    status: list[SystemStatus] | None = _given("Only those in one of these states.")
    secrecy: list[Secrecy] | None = _given("Only those of these degrees of secrecy.")


@strawberry.input(description="What resources can be narrowed to.")
class ResourceFilter(ThingFilter):
    code: str | None = _given("Only those with this code.")
    department: list[strawberry.ID] | None = _given(
        "Only those that these departments provide, or that their systems hold while no provider is stated."
    )
    jurisdiction: list[strawberry.ID] | None = _given(_JURISDICTION)
    system: list[strawberry.ID] | None = _given("Only those that these systems hold.")
    element: list[strawberry.ID] | None = _given("Only those with a field that carries one of these data elements.")
    share_type: list[ShareType] | None = _given("Only those of these share types.")
    secrecy: list[Secrecy] | None = _given("Only those of these degrees of secrecy.")
    update_cycle: list[str] | None = _given("Only those with one of these update cycles.")
    open: bool | None = _given("Only those that are (true) or are stated not to be (false) open to the public.")


@strawberry.input(description="What fields can be narrowed to.")
class FieldFilter(ThingFilter):
    code: str | None = _given("Only those with this code.")
    resource: list[strawberry.ID] | None = _given("Only those of these resources.")
    element: list[strawberry.ID] | None = _given("Only those that carry one of these data elements.")
    has_element: bool | None = _given("Only those that carry a data element (true) or none (false).")
    system: list[strawberry.ID] | None = _given("Only those of resources that these systems hold.")
    department: list[strawberry.ID] | None = _given("Only those of these departments' resources.")
    jurisdiction: list[strawberry.ID] | None = _given(_JURISDICTION)
    share_type: list[ShareType] | None = _given("Only those with one of these share types of their own.")
    data_type: list[str] | None = _given("Only those of these data types.")


@strawberry.input(description="What data elements can be narrowed to.")
class ElementFilter(ThingFilter):
    code: str | None = _given("Only those with this code.")
    department: list[strawberry.ID] | None = _given(
        "Only those with one of these departments as their authoritative source."
    )
    jurisdiction: list[strawberry.ID] | None = _given(_JURISDICTION)
    data_type: list[str] | None = _given("Only those of these data types.")


@strawberry.input(description="What sharing agreements can be narrowed to.")
class AgreementFilter(ThingFilter):
    department: list[strawberry.ID] | None = _given("Only those in which one of these departments gives or gets data.")
    provider: list[strawberry.ID] | None = _given("Only those in which one of these departments gives data.")
    consumer: list[strawberry.ID] | None = _given("Only those in which one of these departments gets data.")
    jurisdiction: list[strawberry.ID] | None = _given(_JURISDICTION)
    system: list[strawberry.ID] | None = _given("Only those that were made for these systems.")
    covers: list[strawberry.ID] | None = _given("Only those that cover one of these resources or fields by name.")
    status: list[AgreementStatus] | None = _given("Only those in one of these states.")


@strawberry.input(description="How a list is ordered.")
class Ordering:
    by: OrderBy = strawberry.field(description="By what.", default=OrderBy.ID)
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


_CLAUSE = {"jurisdiction": "jurisdictions", "department": "departments"}


def listing(kind: Kind, filter: ThingFilter | None, order: Ordering | None) -> Listing:
    """A list as it is asked for. Raises BadInput for values that can match nothing."""
    filter, order = filter or ThingFilter(), order or Ordering()
    values = {
        f.name: _value(f"filter.{to_camel_case(f.name)}", getattr(filter, f.name)) for f in dataclasses.fields(filter)
    }
    unregistered, closed = bool(values.pop("unregistered")), bool(values.pop("closed"))
    if values["name_contains"] is not None:
        values["name_contains"] = name_key(values["name_contains"]) or None
    _check_closed(values, closed)
    filters = {_CLAUSE.get(name, name): value for name, value in values.items()}
    return Listing(kind, filters, unregistered, closed, Order(order.by.value), order.direction is OrderDirection.DESC)


def _value(argument: str, value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise BadInput(f"{argument}: at most {LONGEST_TEXT} characters, not {len(value):,}", argument=argument)
    if isinstance(value, list):
        if len(value) > MOST_VALUES:
            raise BadInput(f"{argument}: at most {MOST_VALUES:,} values, not {len(value):,}", argument=argument)
        return list(dict.fromkeys(one.value if isinstance(one, Enum) else one for one in value))
    return value


def _check_closed(values: dict[str, Any], closed: bool) -> None:
    """What is closed is parted from its containers, so it cannot be found through them."""
    containers = ("department", "jurisdiction", "system", "resource", "element")
    used = next((name for name in containers if values.get(name) is not None), None)
    if closed and used is not None:
        raise BadInput(
            f"filter.closed: what nobody states any more is in no container; leave filter.{used} out",
            argument="filter.closed",
        )

"""Scalars: instants, numbers that are safe in JavaScript, and free JSON.

Inside, an instant is microseconds since 1970 UTC, as everywhere in `graph/`.
"""

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Any, NewType

import strawberry
from strawberry.federation.schema import FederationAny
from strawberry.types.scalar import ScalarDefinition

from graph.facts import as_instant, as_text
from graph.refusals import BadInput

Instant = NewType("Instant", int)
SequenceNumber = NewType("SequenceNumber", int)
Json = NewType("Json", object)
Day = NewType("Day", date)


def scalars(zone: tzinfo) -> Mapping[object, ScalarDefinition]:
    """The scalars of a schema whose bare dates and times without zone are meant in `zone`."""

    def read_instant(value: Any) -> int:
        try:
            return as_instant(value, zone)
        except (ValueError, AttributeError, TypeError, OverflowError):
            raise BadInput(
                "must be an ISO 8601 date or time, such as 2026-01-01 or 2026-01-01T08:00:00+08:00"
            ) from None

    return {
        Instant: strawberry.scalar(
            name="DateTime",
            description=(
                "An instant as ISO 8601 text. Answers are in UTC (`2026-01-01T00:00:00Z`). As input, a bare date is "
                "the start of that day, and a time without zone is meant in the registry's time zone (Asia/Shanghai)."
            ),
            specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
            serialize=as_text,
            parse_value=read_instant,
        ),
        Day: strawberry.scalar(
            name="Date",
            description="A day of the calendar as ISO 8601 text, such as `2026-01-31`.",
            specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
            serialize=date.isoformat,
            parse_value=_read_day,
        ),
        SequenceNumber: strawberry.scalar(
            name="Sequence",
            description=(
                "A number of the graph's change sequence: up to 64 bits, as a string of digits, so that no client "
                "loses some of them. As input a number is taken too. Later changes have greater numbers."
            ),
            serialize=str,
            parse_value=_read_sequence,
        ),
        Json: strawberry.scalar(
            name="JSON", description="Any JSON value, as the source stated it.", serialize=_as_it_is
        ),
    }


def _as_it_is(value: Any) -> Any:
    return value


OVERRIDES: Mapping[object, ScalarDefinition] = {
    FederationAny: strawberry.scalar(
        name="_Any", description="What a gateway knows of a thing: `__typename` and a key.", serialize=_as_it_is
    )
}
"""Scalars that strawberry brings along, and does not describe."""


def _read_day(value: Any) -> date:
    try:
        if len(value) == len("2026-01-31"):
            return date.fromisoformat(value)
    except (ValueError, TypeError):
        pass
    raise BadInput("must be an ISO 8601 day, such as 2026-01-31")


def _read_sequence(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise BadInput("must be a whole number from 0, as a string of digits or a number")
    return value

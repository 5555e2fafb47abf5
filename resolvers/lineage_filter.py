"""The filters of a walk as GraphQL inputs."""

from typing import Annotated, Any

import strawberry

from graph import narrowing
from resolvers.enums import Flow, ShareType


def _given(description: str) -> Any:
    return strawberry.field(description=description, default=None)


@strawberry.input(
    description="What must hold: of each list that is given one value. A list may not be empty; null asks for nothing."
)
class LineageConditions:
    departments: list[strawberry.ID] | None = _given("What counts for one of these departments.")
    systems: list[strawberry.ID] | None = _given("One of these systems, or what it holds.")
    jurisdictions: list[strawberry.ID] | None = _given(
        "What lies in one of these jurisdictions, lower levels included."
    )
    share_types: list[ShareType] | None = _given(
        "What has one of these share types: a field its own, else that of its resource. Says nothing of systems."
    )
    elements: list[strawberry.ID] | None = _given(
        "Fields that carry one of these data elements, and resources as a whole of which a field does. "
        "Says nothing of systems."
    )
    flows: list[Flow] | None = _given("Links of these kinds.")
    jobs: list[str] | None = _given("Links with one of these jobs, exactly as stated.")
    sources: list[str] | None = _given("Links that one of these sources states.")

    def conditions(self) -> narrowing.Conditions:
        """As the graph takes it."""
        return narrowing.Conditions(
            departments=_values(self.departments),
            systems=_values(self.systems),
            jurisdictions=_values(self.jurisdictions),
            share_types=_values(None if self.share_types is None else [one.value for one in self.share_types]),
            elements=_values(self.elements),
            flows=_values(None if self.flows is None else [one.value for one in self.flows]),
            jobs=_values(self.jobs),
            sources=_values(self.sources),
        )


@strawberry.input(description="Where a walk may go, and what is shown of it. `complete` speaks of what this allows.")
class LineageFilter:
    only: LineageConditions | None = _given(
        "The walk stays inside these. The start is exempt, and so is what it passes through. Flows, jobs and sources "
        "pick links as if there were no others."
    )
    stop_at: list[strawberry.ID] | None = _given(
        "Fields, resources, systems, departments or jurisdictions that are shown, but not crossed. The start is exempt."
    )
    through: list[strawberry.ID] | None = _given(
        "Resources, systems, departments or jurisdictions that are walked, but not shown, and cost nothing: their "
        "neighbours are joined. The start is exempt; what is in `stopAt` too stops."
    )
    show: LineageConditions | None = _given("Of the finished answer only these nodes and edges.")

    def filter(self) -> narrowing.LineageFilter:
        """As the graph takes it."""
        return narrowing.LineageFilter(
            only=narrowing.ANYTHING if self.only is None else self.only.conditions(),
            stop_at=_values(self.stop_at) or (),
            through=_values(self.through) or (),
            show=narrowing.ANYTHING if self.show is None else self.show.conditions(),
        )


FilterArgument = Annotated[
    LineageFilter | None, strawberry.argument(description="Where the walk may go, and what is shown of it.")
]


def _values(given: list[Any] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(dict.fromkeys(map(str, given)))

"""The filters of a walk as they are asked for (CONTRACT §6): where it may go, where it stops, what is shown."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from graph.facts import Kind
from graph.net import FLOWS, KINDS, OPEN_END, SHARE_TYPES, Net
from graph.refusals import BadInput

MOST_VALUES = 1_000
"""Values that one list of a filter may have."""

PLACES = (Kind.RESOURCE, Kind.SYSTEM, Kind.DEPARTMENT, Kind.JURISDICTION)
"""What may be passed through; a walk may stop at fields too."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold: of each list that is given one value. `None` asks for nothing."""

    departments: tuple[str, ...] | None = None
    systems: tuple[str, ...] | None = None
    jurisdictions: tuple[str, ...] | None = None
    share_types: tuple[str, ...] | None = None
    elements: tuple[str, ...] | None = None
    flows: tuple[str, ...] | None = None
    jobs: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None

    @property
    def of_things(self) -> bool:
        """Whether something is asked of things."""
        asked = (self.departments, self.systems, self.jurisdictions, self.share_types, self.elements)
        return any(values is not None for values in asked)

    @property
    def of_links(self) -> bool:
        """Whether something is asked of links."""
        return any(values is not None for values in (self.flows, self.jobs, self.sources))


ANYTHING = Conditions()


@dataclass(frozen=True, slots=True)
class LineageFilter:
    """The walk stays inside `only`, shows but does not cross `stop_at`, and passes `through` without showing it.

    `show` is applied to the finished answer.
    """

    only: Conditions = ANYTHING
    stop_at: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    show: Conditions = ANYTHING

    @property
    def bounds(self) -> bool:
        """Whether it says where the walk may go."""
        return self.only.of_things or bool(self.stop_at or self.through)

    @property
    def elements(self) -> bool:
        """Whether data elements matter."""
        return self.only.elements is not None or self.show.elements is not None

    @property
    def of_sources(self) -> bool:
        """Whether it matters who states a link."""
        return self.only.sources is not None or self.show.sources is not None

    @property
    def ids(self) -> list[str]:
        """All ids that it names."""
        return [id for _, _, ids in _named(self) for id in ids]


NO_FILTER = LineageFilter()

_KIND = {
    "departments": Kind.DEPARTMENT,
    "systems": Kind.SYSTEM,
    "jurisdictions": Kind.JURISDICTION,
    "elements": Kind.ELEMENT,
}
_VALUES = {"share_types": SHARE_TYPES[1:], "flows": FLOWS}
_ARGUMENT = {"share_types": "shareTypes"}


def _lists(filter: LineageFilter) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The lists of conditions that are given: argument, name, values."""
    for where, conditions in (("only", filter.only), ("show", filter.show)):
        for one in fields(Conditions):
            values = getattr(conditions, one.name)
            if values is not None:
                yield f"filter.{where}.{_ARGUMENT.get(one.name, one.name)}", one.name, values


def told(filter: LineageFilter) -> dict[str, list[str]]:
    """The lists that are given, by the names that GraphQL has for them; what lies within another has a dot."""
    found = {argument: list(values) for argument, _, values in _lists(filter)}
    places = {"filter.stopAt": filter.stop_at, "filter.through": filter.through}
    return found | {argument: list(ids) for argument, ids in places.items() if ids}


def _named(filter: LineageFilter) -> Iterator[tuple[str, tuple[Kind, ...], tuple[str, ...]]]:
    """The lists of ids: argument, the kinds they may be of, ids."""
    for argument, name, values in _lists(filter):
        if name in _KIND:
            yield argument, (_KIND[name],), values
    yield "filter.stopAt", (Kind.FIELD, *PLACES), filter.stop_at
    yield "filter.through", PLACES, filter.through


def check_filter(filter: LineageFilter) -> None:
    """Refuse what means nothing, before the graph is asked."""
    for argument, name, values in _lists(filter):
        if not values:
            raise BadInput(f"{argument}: name at least one, or leave it out to allow all", argument=argument)
        _check_number(argument, values)
        wrong = sorted(set(values) - set(_VALUES.get(name, values)))
        if wrong:
            raise BadInput(f"{argument}: must be of {', '.join(_VALUES[name])}, not {wrong[0]}", argument=argument)
    for argument, _, ids in _named(filter):
        _check_number(argument, ids)
        if not all(ids):
            raise BadInput(f"{argument}: an id may not be empty", argument=argument, ids=[""])


def _check_number(argument: str, values: tuple[str, ...]) -> None:
    if len(values) > MOST_VALUES:
        raise BadInput(f"{argument}: at most {MOST_VALUES:,} values, not {len(values):,}", argument=argument)


def unknown_ids(net: Net, filter: LineageFilter, known_at: int | None) -> dict[str, str]:
    """The ids of a filter that nobody knew then, each with its argument. Raises BadInput for one of a wrong kind."""
    known = OPEN_END if known_at is None else known_at
    unknown: dict[str, str] = {}
    for argument, kinds, ids in _named(filter):
        for id in ids:
            at = net.index.get(id, -1)
            if at < 0 or net.kind.data[at] < 0 or net.created.data[at] > known:
                unknown.setdefault(id, argument)
            elif (kind := KINDS[net.kind.data[at]]) not in kinds:
                wanted = " or ".join(one.label for one in kinds)
                raise BadInput(f"{argument}: {id} is a {kind.label}, not a {wanted}", argument=argument, ids=[id])
    return unknown

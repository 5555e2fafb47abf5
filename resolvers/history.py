"""How things were, as GraphQL types: a thing's versions, and the thing as it was recorded at a moment."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph.differing import Difference
from graph.facts import Kind
from graph.history import EVER, Known, Then, Told, count, histories
from graph.paging import Page, Position, keyed, page
from graph.things import Record
from resolvers.batches import batched, many, needs, one
from resolvers.connections import ROWS, Edge, PageInfo, Pages, Row, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import NodeKind, VersionAct
from resolvers.members import INTERNAL, After, Before, First, Last, stated
from resolvers.scalars import Instant, Json, SequenceNumber

_ORDER = "history"


@strawberry.type(description="A property that differs between two versions or answers.")
class PropertyChange:
    name: str = stated("The name of the field.")
    before: Json | None = stated("What it was: references by id, times as text; null where nothing was stated.")
    after: Json | None = stated("What it became, in the same way.")


def changed(differences: Sequence[Difference]) -> list[Record]:
    """Differences as sources of PropertyChange."""
    return [{"name": one.field, "before": one.before, "after": one.after} for one in differences]


@strawberry.type(description="That a source stated something, from when until when the registry had it so.")
class SourceStatement:
    source: str = stated("Who stated it.")
    since: Instant = stated("When that was recorded, as the source last said it.")
    until: Instant | None = stated("When it ended, by withdrawal or by another statement; null while it stands.")


@strawberry.type(description="One recorded version of a thing.")
class ThingVersion:
    kind: NodeKind = stated("What kind it was taken for: a placeholder's may have been guessed wrong.")
    act: VersionAct = stated("What made this version.")
    by: list[str] = stated("The sources whose statements made it, or ended with it.", directives=[INTERNAL])
    recorded_from: Instant = stated("When it was recorded.")
    recorded_to: Instant | None = stated("When the next one was recorded; null while it stands.")
    sequence: SequenceNumber | None = stated("The change that recorded it; null where that is not known any more.")
    changes: list[PropertyChange] = stated("What differs from the version before; of the first all that it states.")
    statements: list[SourceStatement] = stated(
        "Who stated it while it stood, in order of time; what changed nothing is here too.",
        directives=[INTERNAL, rows(2)],
    )
    node: Annotated["Node", strawberry.lazy("resolvers.things")] = stated(  # type: ignore[name-defined]  # noqa: F821
        "The thing as it was at the end of this version, with what it named and contained then."
    )


@strawberry.type(description="A page of a thing's versions, the newest first.")
class VersionConnection:
    edges: list[Edge[ThingVersion]] = many(_edges, "The versions of the page, with their cursors.")
    nodes: list[ThingVersion] = many(_nodes, "The versions of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the history.")
    total_count: int = many(_total, "How many versions there are in all pages.", weighs(2))


@dataclass(frozen=True, slots=True)
class _Row:
    """A version on a page."""

    told: Told
    kind: Kind
    then: Then | None

    @property
    def position(self) -> Position:
        return self.told.position

    @property
    def record(self) -> Record:
        told, known = self.told, EVER if self.then is None else self.then.known_at
        version = told.version
        then = self.then if told.standing else Then(None if self.then is None else self.then.as_of, version.end)
        return {
            "kind": version.kind,
            "act": told.act,
            "by": told.by,
            "recorded_from": version.recorded_from,
            "recorded_to": None if told.standing else version.recorded_to,
            "sequence": told.sequence,
            "changes": changed(told.differences),
            "statements": [
                {
                    "source": one.source,
                    "since": one.since,
                    "until": None if one.until is None or one.until > known else one.until,
                }
                for one in version.statements
                if one.since <= known
            ],
            "node": version.record(self.kind, then),
        }


class _History(Pages):
    """The history of one thing; those of a kind are read together."""

    def __init__(self, context: Context, root: Record, page: Page) -> None:
        super().__init__(_ORDER, page)
        self.kind: Kind = root["kind"]
        self.then: Then | None = root.get("then")
        self.known: Known = root["id"], EVER if self.then is None else self.then.known_at
        self._graph = context.graph

    @property
    def group(self) -> Hashable:
        return self.kind, self.page

    async def read(self, pages: Sequence["_History"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        found = await histories(self._graph, self.kind, [one.known for one in pages], page, size)
        return [[_Row(told, one.kind, one.then) for told in found[one.known]] for one in pages]

    async def count(self, pages: Sequence["_History"]) -> Sequence[int]:
        found = await count(self._graph, self.kind, [one.known for one in pages])
        return [found[one.known] for one in pages]


@needs("id")
def _histories(roots: list[Record], context: Context, page: Page) -> list[Any]:
    return [_History(context, root, page) for root in roots]


def history(description: str) -> Any:
    """The history of a thing."""

    def resolve(
        root: Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return one(_histories, root, info, page=keyed(page(_ORDER, first, after, last, before), int, int))

    return batched(resolve, _histories, description, ROWS, weighs(2), INTERNAL)


AsOf = Annotated[
    Instant | None, strawberry.argument(description="The instant that `inForce` speaks of; now if not given.")
]
KnownAt = Annotated[
    Instant | None, strawberry.argument(description="As the registry had recorded it then; now if not given.")
]


@needs("id")
async def _then(
    roots: list[Record], context: Context, as_of: int | None = None, known_at: int | None = None
) -> list[Any]:
    now = as_of is None and known_at is None
    then = None if now else Then(as_of, EVER if known_at is None else known_at)
    by_kind: dict[Kind, list[int]] = {}
    for place, root in enumerate(roots):
        by_kind.setdefault(root["kind"], []).append(place)
    found: list[Any] = [None] * len(roots)
    for kind, places in by_kind.items():
        records = await context.things_then(kind, [(roots[place]["id"], then) for place in places])
        for place, record in zip(places, records, strict=True):
            found[place] = record
    return found


def as_then() -> Any:
    """The thing as it was."""

    def resolve(root: Parent[Any], info: Info, as_of: AsOf = None, known_at: KnownAt = None) -> Any:
        return one(_then, root, info, as_of=as_of, known_at=known_at)

    description = (
        "It as it was recorded at a moment, with what it named and contained then (lists in today's order); null if "
        "the registry did not know it then."
    )
    return batched(resolve, _then, description, weighs(2))

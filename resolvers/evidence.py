"""What stands behind an edge of a lineage, link by link, as GraphQL types."""

from collections.abc import Hashable, Sequence
from typing import Annotated, Any, Optional, Protocol

import strawberry
from strawberry import Parent

from graph.evidence import Behind, tell
from graph.lineage import Found
from graph.paging import Page, keyed, page
from resolvers.batches import batched, many, needs, one
from resolvers.connections import Edge, PageInfo, Pages, Row, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import Agreed, Flow, NodeKind, SameBy
from resolvers.history import SourceStatement
from resolvers.members import INTERNAL, After, Before, Last, stated
from resolvers.scalars import Instant, Json

USUAL = 10
"""Links of a page when nobody says how many."""

FEW = rows(2)
"""How many sources, agreements and other links a link has."""

_ORDER = "evidence"
_TOLD = frozenset({"stated_by", "transformation", "influence", "ended", "extra", "others"})
"""What only the graph knows of a link."""


@strawberry.type(description="An end of a stored link, by id and name.")
class LinkEnd:
    id: strawberry.ID = stated("Its id.")
    kind: NodeKind = stated("What kind of thing it is.")
    name: str = stated("Its name at that moment; its id where it has none.")
    resource: Optional["LinkEnd"] = stated("The resource that it is a field of; null if it is none.")


@strawberry.type(description="A sharing agreement that covers a link's source and is granted to its user.")
class LinkAgreement:
    id: strawberry.ID = stated("Its id.")
    name: str = stated("Its name at that moment; its id where it has none.")
    state: Agreed = stated("How it stands at that moment, by its validity.")
    valid_from: Instant | None = stated("Since when it is valid; null: always was, or it was withdrawn.")
    valid_to: Instant | None = stated("Until when (exclusive) it is valid; null: no end is known, or it was withdrawn.")


_SOURCE = "Where the data comes from."
_TARGET = "Where it goes."
_FLOW = "What kind of link it is."
_JOB = "What moves the data, by name; null if that is not stated."
_VALID_FROM = "Since when the link is valid; null: always was."
_VALID_TO = "Until when (exclusive) the link is valid; null: no end is known."
_RECORDED_FROM = "When the link as it was at that moment was recorded."
_STATED_BY = "Who stated it at that moment, those first that were recorded first; none: nobody did any more."


@strawberry.type(description="Another link, in force at that moment, that states the same.")
class OtherLink:
    how: SameBy = stated("Why it does.")
    source: LinkEnd = stated(_SOURCE)
    target: LinkEnd = stated(_TARGET)
    flow: Flow = stated(_FLOW)
    job: str | None = stated(_JOB)
    valid_from: Instant | None = stated(_VALID_FROM)
    valid_to: Instant | None = stated(_VALID_TO)
    recorded_from: Instant = stated(_RECORDED_FROM)
    stated_by: list[SourceStatement] = stated(_STATED_BY, directives=[INTERNAL, FEW])


@strawberry.type(description="A stored link that stands behind an edge, as it was at the moment of the answer.")
class LinkEvidence:
    source: LinkEnd = stated(_SOURCE)
    target: LinkEnd = stated(_TARGET)
    flow: Flow = stated(_FLOW)
    job: str | None = stated(_JOB)
    transformation: str | None = stated("What is done to the data on the way, such as an SQL text; null for READS.")
    influence: str | None = stated("DIRECT, or INDIRECT where the source only decides (filter, join); null for READS.")
    valid_from: Instant | None = stated(_VALID_FROM)
    valid_to: Instant | None = stated(_VALID_TO)
    ended: bool = stated("Whether the registry set `validTo`, because nobody stated the link any more.")
    recorded_from: Instant = stated(_RECORDED_FROM)
    stated_by: list[SourceStatement] = stated(_STATED_BY, directives=[INTERNAL, FEW])
    extra: Json | None = stated("Keys that the registry does not know, as they were stated.", directives=[INTERNAL])
    crosses_departments: bool | None = stated(
        "Whether the ends are of two departments, so that an agreement is to be expected; null where one has none."
    )
    agreed: Agreed = stated("How the best of its agreements stands at that moment.")
    agreements: list[LinkAgreement] = stated("Its agreements, the best first, then by id.", directives=[FEW])
    others: list[OtherLink] = stated(
        "What else states the same: the first 10, by job and beginning, sums last.", directives=[FEW]
    )
    others_count: int = stated("How many others there are.")


@strawberry.type(description="A page of the links behind an edge, by source, target, job and beginning.")
class EvidenceConnection:
    edges: list[Edge[LinkEvidence]] = many(_edges, "The links of the page, with their cursors.")
    nodes: list[LinkEvidence] = many(_nodes, "The links of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many links stand behind the edge.")


class Explained(Protocol):
    """The source of an edge."""

    @property
    def found(self) -> Found: ...
    @property
    def index(self) -> int: ...


class _Evidence(Pages):
    """The links behind one edge; those of all edges of an answer are read together."""

    def __init__(self, context: Context, edge: Explained, page: Page) -> None:
        super().__init__(_ORDER, page)
        self.index = edge.index
        self.links = look_behind(edge.found)
        self._graph = context.graph

    @property
    def group(self) -> Hashable:
        return id(self.links), self.page, self.wanted

    async def read(self, pages: Sequence["_Evidence"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        lines = [self.links.lines(one.index, page, size) for one in pages]
        if self.wanted is None or self.wanted & _TOLD:
            await tell(self._graph, self.links, [line for listed in lines for line in listed])
        return lines

    async def count(self, pages: Sequence["_Evidence"]) -> Sequence[int]:
        return [self.links.count(one.index) for one in pages]


def look_behind(found: Found) -> Behind:
    """What stands behind the edges of an answer; to be asked for first before anything is awaited."""
    behind: Behind | None = found.kept.get("behind")
    if behind is None:
        behind = found.kept["behind"] = Behind(found)
    return behind


@needs("evidence")
def _evidence(edges: list[Explained], context: Context, page: Page) -> list[Any]:
    return [_Evidence(context, edge, page) for edge in edges]


First = Annotated[
    int | None,
    strawberry.argument(description="How many links, 0 to 1,000; 10 if you do not say."),
]


def evidence(description: str) -> Any:
    """The links behind an edge."""

    def resolve(
        root: Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        many_given = first is not None or last is not None or before is not None
        asked = page(_ORDER, first if many_given else USUAL, after, last, before)
        return one(_evidence, root, info, page=keyed(asked, str, int))

    return batched(resolve, _evidence, description, rows(USUAL, "first", "last", of=("edges", "nodes")), weighs(2))

"""Search as a connection: hits in the order of how good they are, with the part that matched."""

import base64
import binascii
from collections.abc import Hashable, Sequence
from enum import Enum
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph.facts import Kind
from graph.paging import Page, page
from graph.refusals import BadInput
from graph.search import Hit, Match, Rank, Search
from graph.things import Record
from resolvers.batches import many
from resolvers.connections import PageInfo, Pages, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import weighs
from resolvers.enums import NodeKind
from resolvers.members import After, First
from resolvers.things import Node

Text = Annotated[str, strawberry.argument(description="What to look for, 1 to 300 characters; none is a wildcard.")]
NodeKinds = Annotated[list[NodeKind] | None, strawberry.argument(description="Only these kinds; all if not given.")]
Within = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only what lies in this jurisdiction (lower levels included), department, system or resource."
    ),
]


@strawberry.enum(description="How good a hit is, best first.")
class MatchRank(Enum):
    NAME = strawberry.enum_value(Rank.NAME.value, description="The text is the name.")
    WORD = strawberry.enum_value(Rank.WORD.value, description="The text is a code, a short name or an alias.")
    PREFIX = strawberry.enum_value(Rank.PREFIX.value, description="A name, code or alias begins with the text.")
    PART = strawberry.enum_value(Rank.PART.value, description="A name, code or alias has the text in it.")


class Hits(Pages):
    """A page of hits, as the source of a SearchConnection; it goes forward only."""

    def __init__(self, search: Search, first: int | None, after: str | None) -> None:
        super().__init__("search", page("search", first, None))
        self.search = search
        self.after = None if after is None else _read_cursor(after)

    @property
    def group(self) -> Hashable:
        return id(self)

    async def read(self, pages: Sequence["Hits"], page: Page, size: int) -> Sequence[Sequence[Hit]]:
        return [await self.search.hits(self.after, size)]

    async def count(self, pages: Sequence["Hits"]) -> Sequence[int]:
        return [await self.search.count()]

    async def behind(self, pages: Sequence[Pages]) -> list[bool]:
        """A cursor is that of a hit, which comes before the page."""
        return [self.after is not None]

    def cursor(self, row: Any) -> str:
        return _cursor(row)

    def edge(self, row: Any) -> Record:
        return {**super().edge(row), "rank": row.position[0], "match": row.match}


def _cursor(hit: Hit) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(hit.position)).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, int, int, str]:
    try:
        found = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        rank, length, place, id = found
    except (ValueError, TypeError, binascii.Error):
        rank = length = place = id = None
    if not all(isinstance(part, int) and abs(part) < 2**31 for part in (rank, length, place)) or not isinstance(
        id, str
    ):
        raise BadInput("after: is no cursor of a search; take it from pageInfo or an edge", argument="after")
    return rank, length, place, id


def _keys(matches: list[Match], context: Context) -> list[Any]:
    return [to_camel_case(match.key) for match in matches]


@strawberry.type(description="The part of a thing that matched.")
class SearchMatch:
    key: str = many(_keys, "Which property it is: name, shortName, code, uscc or aliases.")
    text: str = strawberry.field(description="Its value, as it is registered.")
    start: int = strawberry.field(description="Where in it the match begins, in characters (code points) from 0.")
    end: int = strawberry.field(description="Where in it the match ends (exclusive).")


@strawberry.type(description="A hit of a search.")
class SearchEdge:
    cursor: str = strawberry.field(description="Where the hit lies; give it as `after`.")
    node: Node = strawberry.field(description="What was found.")
    rank: MatchRank = strawberry.field(description="How good a hit it is.")
    match: SearchMatch = strawberry.field(description="The part that matched.")


@strawberry.type(description="A page of hits, the best first.")
class SearchConnection:
    edges: list[SearchEdge] = many(_edges, "The hits of the page.")
    nodes: list[Node] = many(_nodes, "What was found, without the part that matched.")
    page_info: PageInfo = many(_itself, "Where the page lies among the hits.")
    total_count: int = many(_total, "How many hits there are.", weighs(20))


def searched(
    info: Info, text: Text, kinds: NodeKinds = None, within: Within = None, first: First = None, after: After = None
) -> Any:
    """The source of a SearchConnection."""
    wanted = None if kinds is None else [Kind(kind.value) for kind in kinds]
    return Hits(Search(info.context.graph, text, wanted, within), first, after)

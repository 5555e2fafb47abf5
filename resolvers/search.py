"""Search as a connection: hits in the order of how good they are, with the part that matched."""

import base64
import binascii
from enum import Enum
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph.facts import Kind
from graph.once import Once
from graph.paging import page
from graph.refusals import BadInput
from graph.search import Hit, Match, Rank, Search
from resolvers.batches import many
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


class Hits:
    """A page of hits, as the source of a SearchConnection and of its page info."""

    def __init__(self, search: Search, first: int | None, after: str | None) -> None:
        self.search = search
        self.size = page("search", first, None).size
        self.after = None if after is None else _read_cursor(after)
        self.found = Once(self._found)

    async def _found(self) -> tuple[list[Hit], bool]:
        hits = await self.search.hits(self.after, self.size + 1)
        return hits[: self.size], len(hits) > self.size

    async def edges(self) -> list[dict[str, Any]]:
        """The edges of the page."""
        return [
            {"cursor": _cursor(hit), "node": hit.record, "rank": hit.position[0], "match": hit.match}
            for hit in (await self.found.get())[0]
        ]


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


async def _edges(pages: list[Hits], context: Context) -> list[Any]:
    return [await one.edges() for one in pages]


async def _nodes(pages: list[Hits], context: Context) -> list[Any]:
    return [[hit.record for hit in (await one.found.get())[0]] for one in pages]


async def _totals(pages: list[Hits], context: Context) -> list[Any]:
    return [await one.search.count() for one in pages]


async def _has_next(pages: list[Hits], context: Context) -> list[Any]:
    return [(await one.found.get())[1] for one in pages]


def _has_previous(pages: list[Hits], context: Context) -> list[Any]:
    return [one.after is not None for one in pages]


async def _start_cursor(pages: list[Hits], context: Context) -> list[Any]:
    return [_cursor(hits[0]) if hits else None for hits in [(await one.found.get())[0] for one in pages]]


async def _end_cursor(pages: list[Hits], context: Context) -> list[Any]:
    return [_cursor(hits[-1]) if hits else None for hits in [(await one.found.get())[0] for one in pages]]


def _itself(pages: list[Hits], context: Context) -> list[Any]:
    return pages


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


@strawberry.type(description="Where a page of hits lies.")
class SearchPageInfo:
    has_next_page: bool = many(_has_next, "Whether there are more hits.")
    has_previous_page: bool = many(_has_previous, "Whether better hits come before.")
    start_cursor: str | None = many(_start_cursor, "Cursor of the first hit; null on an empty page.")
    end_cursor: str | None = many(_end_cursor, "Cursor of the last hit; null on an empty page.")


@strawberry.type(description="A page of hits, the best first.")
class SearchConnection:
    edges: list[SearchEdge] = many(_edges, "The hits of the page.")
    nodes: list[Node] = many(_nodes, "What was found, without the part that matched.")
    page_info: SearchPageInfo = many(_itself, "Where the page lies among the hits.")
    total_count: int = many(_totals, "How many hits there are.", weighs(20))


def searched(
    info: Info, text: Text, kinds: NodeKinds = None, within: Within = None, first: First = None, after: After = None
) -> Any:
    """The source of a SearchConnection."""
    wanted = None if kinds is None else [Kind(kind.value) for kind in kinds]
    return Hits(Search(info.context.graph, text, wanted, within), first, after)

"""A lineage answer as a picture in one of three formats."""

from graph.changes import now
from graph.facts import as_text
from graph.lineage import Asked, Found
from graph.refusals import TooCostly
from registry.answers import lineage_record
from registry.pictures.dot import dot_text
from registry.pictures.drawing import Drawing, drawing
from registry.pictures.mermaid import mermaid_text
from registry.pictures.svg import svg_text

__all__ = ["PICTURES", "drawn", "picture_of"]

PICTURES = {
    "svg": "image/svg+xml",
    "dot": "text/vnd.graphviz; charset=utf-8",
    "mmd": "text/vnd.mermaid; charset=utf-8",
}
"""The formats of pictures, and their types."""
_MOST_EDGES = 50_000


def drawn(found: Found, asked: Asked) -> Drawing:
    """What a picture of an answer shows. To be called before anything is awaited, while the net is as it was."""
    if len(found.answer.edges.source) > _MOST_EDGES:
        raise TooCostly(
            f"The answer has {len(found.answer.edges.source):,} edges, and a picture at most {_MOST_EDGES:,}; take a "
            "coarser level, less depth, or a table (csv)"
        )
    times = {"as of": as_text(now() if asked.as_of is None else asked.as_of)}
    if asked.known_at is not None:
        times["known at"] = as_text(asked.known_at)
    return drawing(lineage_record(found), asked, times)


async def picture_of(shown: Drawing, suffix: str) -> bytes:
    """A picture in one of the formats. Raises TooCostly where it is too big for it."""
    if suffix == "svg":
        return await svg_text(shown)
    return (dot_text(shown) if suffix == "dot" else mermaid_text(shown)).encode()

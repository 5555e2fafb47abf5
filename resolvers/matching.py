"""Suggestions of data elements for names and fields, as GraphQL types."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Parent

from graph.element_matching import MOST_NAMES, MOST_SUGGESTIONS, Named, Suggestion
from graph.facts import Kind
from graph.things import Record
from resolvers.batches import batched, many, needs, one
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs

if TYPE_CHECKING:
    from resolvers.things import DataElement


async def _elements(roots: list[Suggestion], context: Context) -> list[Any]:
    found = await context.things(Kind.ELEMENT, [root.element_id for root in roots])
    return [found[root.element_id] for root in roots]


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


@strawberry.type(description="A data element that a name may stand for.")
class ElementCandidate:
    score: float = _described("How likely, from 0 to 1.")
    element: Annotated["DataElement", strawberry.lazy("resolvers.things")] = many(_elements, "The data element.")
    reason: str = _described("Why, in a sentence that can be argued with.")


@strawberry.type(description="A name, and the data elements that it may stand for.")
class FieldMatch:
    name: str = _described("The name, as it was given.")
    candidates: list[ElementCandidate] = _described("The likeliest first; none where the name says nothing.", rows(5))


@dataclass(slots=True)
class _Match:
    name: str
    candidates: list[Suggestion]


Names = Annotated[
    list[str], strawberry.argument(description=f"Names of fields or columns, up to {MOST_NAMES:,}; pinyin too.")
]
Table = Annotated[str | None, strawberry.argument(description="The name of the resource that they are of, as context.")]
DepartmentId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The department that the resource is of, as context; a new one goes by the end of its id."
    ),
]
Most = Annotated[int, strawberry.argument(description=f"How many for each, 1 to {MOST_SUGGESTIONS}.")]


async def _match(
    info: Info, names: Names, table: Table = None, department: DepartmentId = None, first: Most = 5
) -> Any:
    found = await info.context.matcher().match(names, table, None if department is None else str(department), first)
    return [_Match(name, candidates) for name, candidates in zip(names, found, strict=True)]


@needs("id", "name", "resource")
async def _suggested(roots: list[Record], context: Context, first: int = 5) -> list[Any]:
    # The name of a record is its id where none is stated, which is no name to go by.
    named = [
        Named(root["id"], None if root.get("name") == root["id"] else root.get("name"), root.get("resource"))
        for root in roots
    ]
    found = await context.matcher().of_fields(named, first)
    return [found[root["id"]] for root in roots]


def suggested(description: str) -> Any:
    """The data elements that a field may have."""

    def resolve(root: Parent[Any], info: Info, first: Most = 5) -> Any:
        return one(_suggested, root, info, first=first)

    return batched(resolve, _suggested, description, rows(5, "first"), weighs(5))


match_field: Any = strawberry.field(
    resolver=_match,
    description="Which data elements names of fields may stand for. It learns from what is bound in the registry, and "
    "leaves out what was refused for the same name of the same resource.",
    directives=[weighs(20), rows(100)],
)

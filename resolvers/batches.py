"""Fields that are answered for many parents at once: one function, whoever executes the operation.

    async def departments(roots: list[Record], context: Context) -> list[Record | None]: ...

    department: "Department | None" = many(departments, "The department that operates it.")

The fast way gives it all parents of a level; graphql-core asks for one at a time, and what it asks for before it
waits is put together.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry
from strawberry import Parent
from strawberry.dataloader import DataLoader

if TYPE_CHECKING:
    from resolvers.context import OperationContext

Batch = Callable[..., list[Any] | Awaitable[list[Any]]]
"""(parents, context, **arguments) to a value for each parent, in order. What it raises is the error of each."""

B = TypeVar("B", bound=Callable[..., Any])

ARGUMENTS = object()
"""As the parent it asks a resolver for the arguments of its batch, not for a value."""


class Loads:
    """What graphql-core asks for one at a time in one operation."""

    def __init__(self, context: "OperationContext") -> None:
        self._context = context
        self._loaders: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}

    def load(self, batch: Batch, root: Any, arguments: dict[str, Any]) -> Awaitable[Any]:
        """The value for one parent."""
        key = (batch, *sorted(arguments.items()))
        if key not in self._loaders:

            async def together(roots: list[Any]) -> list[Any]:
                found = batch(roots, self._context, **arguments)
                return found if isinstance(found, list) else await found

            self._loaders[key] = DataLoader(together, cache=False)
        return self._loaders[key].load(root)


def one(batch: Batch, root: Any, info: strawberry.Info[Any, Any], **arguments: Any) -> Any:
    """What a resolver answers that only gathers the arguments of its batch."""
    if root is ARGUMENTS:
        return arguments
    if iscoroutinefunction(batch):
        return info.context.loads.load(batch, root, arguments)
    found = batch([root], info.context, **arguments)
    assert isinstance(found, list)
    return found[0]


def many(batch: Batch, description: str, *annotations: object) -> Any:
    """A field without arguments."""

    def resolve(root: Parent[Any], info: strawberry.Info[Any, Any]) -> Any:
        return one(batch, root, info)

    return batched(resolve, batch, description, *annotations)


def batched(resolve: Callable[..., Any], batch: Batch, description: str, *annotations: object) -> Any:
    """A field with arguments; `resolve` answers with `one`."""
    resolve.batch = batch  # type: ignore[attr-defined]
    return strawberry.field(resolver=resolve, description=description, directives=annotations)


def needs(*keys: str) -> Callable[[B], B]:
    """Says which keys of its parents a batch reads, so that no others need be fetched; without, it may be any."""

    def mark(batch: B) -> B:
        batch.needs = frozenset(keys)  # type: ignore[attr-defined]
        return batch

    return mark


def needs_of(batch: Batch) -> frozenset[str] | None:
    """The keys of its parents that a batch reads; `None`: it may be any."""
    found: frozenset[str] | None = getattr(batch, "needs", None)
    return found


def told(batch: B) -> B:
    """Says that a batch takes `wanted`: the keys that are read of what it gives; `None`: it may be any."""
    batch.told = True  # type: ignore[attr-defined]
    return batch


def shaped(batch: B) -> B:
    """Says that a batch takes `selected`: what is selected of what it gives; `None`: it is not known."""
    batch.shaped = True  # type: ignore[attr-defined]
    return batch


def batch_of(resolve: Any) -> Batch | None:
    """The batch of a resolver that was declared here."""
    found: Batch | None = getattr(resolve, "batch", None)
    return found

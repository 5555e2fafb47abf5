"""What a connector may ask the registry by name: which things are called so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from graph.facts import Kind

__all__ = ["Named", "Names"]


@dataclass(frozen=True, slots=True)
class Named:
    """A registered thing that is called by a name: its id, and what its name counts in.

    A department counts in its jurisdiction, a system in its department, a resource in its provider; for an element
    it is the department that it comes from.
    """

    id: str
    holder: str | None


class Names(Protocol):
    """Look-ups by name, many at a time. Names are compared as everywhere: without width, case and punctuation."""

    async def named(self, kind: Kind, names: Sequence[str]) -> Mapping[str, Sequence[Named]]:
        """The things in force with this id, code, name or alias, for each name that has some; at most a few each.

        `kind` is DEPARTMENT, SYSTEM, RESOURCE or ELEMENT.
        """
        ...

"""The data elements that names are compared with."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from graph.matching.columns import spelled
from graph.matching.rewrites import canonical
from graph.matching.spaces import Space
from graph.matching.words import words


class Element(NamedTuple):
    """A data element: its id, its name, and other names that it has."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


class Elements:
    """A set of data elements, laid out once and asked many times; those whose name says nothing are left out.

    Each name of an element is a text of its own. Nothing depends on the order in which they are given.
    """

    def __init__(self, elements: Iterable[Element]) -> None:
        named = [
            (each.id, _names(each)) for each in sorted(elements, key=lambda one: (one.id, one.name, tuple(one.aliases)))
        ]
        usable = {id: names for id, names in named if names}
        self.ids = list(usable)
        self.names = [names[0][1] for names in usable.values()]
        self.numbers = {id: number for number, id in enumerate(self.ids)}
        texts = [(key, number) for number, names in enumerate(usable.values()) for key, _ in names]
        self.keys = [key for key, _ in texts]
        self.owner = np.array([number for _, number in texts], dtype=np.int64)
        self.first = np.searchsorted(self.owner, np.arange(len(self.ids)))
        """By element, its name among the texts; its other names follow."""
        self.spelled = spelled(dict.fromkeys(self.keys))
        self.plain = Space(self.keys)
        self.canon = Space([canonical(key) for key in self.keys])


def _names(element: Element) -> list[tuple[str, str]]:
    """The keys of an element's names that say something, each once, with what is shown."""
    keyed = {words(name).key: name for name in reversed((element.name, *element.aliases))}
    order = dict.fromkeys(words(name).key for name in (element.name, *element.aliases))
    return [(key, keyed[key]) for key in order if key]

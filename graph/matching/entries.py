"""What a catalogue holds in memory: texts by which systems, resources and elements are found, and fields by name.

Things have places here, in the order in which they were first named; fields have the numbers that the graph gave
them. It is filled with the rows of `graph/matching/catalogue.py`, in whatever order they come.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.facts import Kind
from graph.matching.fields import Fields
from graph.matching.index import Best, Bools, Index
from graph.matching.proposals import Body, HeldField, Named
from graph.matching.words import words
from graph.net import ABSENT, KINDS, SHARE_TYPES, Column
from graph.net import Index as Members

MOST_PARTS = 200
"""Resources of one system that are looked at for the names of its parts and fields."""
_LONGEST = 1_000
"""Characters of a text that are indexed."""
_TEXTS = 4
"""So many texts are looked for one by one, further ones together."""
_SHARES = {name: number for number, name in enumerate(SHARE_TYPES) if name}
_ALIKE = 100
"""So many of the likest to a name are looked at for the same one."""
_HELD = 0.9
"""How good a system is of which a resource is found."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """A department or jurisdiction: what it is part of, and whose it is."""

    name: str
    jurisdiction: str | None
    above: str | None
    level: str | None


@dataclass(frozen=True, slots=True)
class Carrying:
    """Fields that exist, as the id of the resource and a way to write the name, most readily shared first; and how many
    there are in all."""

    fields: tuple[tuple[str, str], ...]
    total: int


class Entries:
    """The entries of a catalogue. `form` is what texts are compared by."""

    def __init__(self, form: Callable[[str], str]) -> None:
        self._form = form
        self.names = Index()
        self.texts = Index(pairs=True)
        self.ids: list[str] = []
        self._places: dict[str, int] = {}
        self._kind = Column(np.int8, ABSENT)
        self._holder = Column(np.int32, -1)
        self._share = Column(np.int8, 0)
        self._parts = Members()
        self._holders: dict[str, _Holder] = {}
        self._called: list[str] = []
        self._element_keys: dict[int, list[str]] = {}
        self._elements_of_key: dict[str, set[int]] = {}
        self.fields = Fields(self._kind, self._share)

    @property
    def nbytes(self) -> int:
        """The memory that it takes, about."""
        indexes = self.names.nbytes + self.texts.nbytes + self._parts.nbytes
        columns = self._kind.nbytes + self._holder.nbytes + self._share.nbytes
        return indexes + columns + self.fields.nbytes + 320 * len(self.ids) + 300 * len(self._holders)

    def counts(self) -> tuple[int, int]:
        """How many things, and how many fields."""
        return int((self._kind.data != ABSENT).sum()), self.fields.count

    def take(self, kind: Kind, rows: Sequence[Sequence[Any]]) -> None:
        """Take what was touched, in place of what is here of it."""
        if kind is Kind.FIELD:
            self._take_fields(rows)
        elif kind in (Kind.DEPARTMENT, Kind.JURISDICTION):
            self._holders.update((row[0], _Holder(*row[1:])) for row in rows)
        else:
            self._things(kind, rows)

    def settle(self) -> None:
        """Index what was taken."""
        for index in (self.names, self.texts):
            index.settle()
        if self._parts.overlay > 2_000 + len(self.ids) // 20:
            self._parts.build(self._holder.data, len(self.ids))
        self.fields.settle(len(self.ids))

    def _place(self, id: str) -> int:
        place = self._places.get(id)
        if place is None:
            place = self._places[id] = len(self.ids)
            self.ids.append(id)
            self._called.append(id)
        return place

    def _things(self, kind: Kind, rows: Sequence[Sequence[Any]]) -> None:
        places, there, holders, shares = [], [], [], []
        texts: list[tuple[int, list[str | None], Iterable[str | None]]] = []
        for id, name, aliases, matters, holder, share, closed, unregistered in rows:
            place = self._place(id)
            gone = closed is not None or unregistered
            called = [] if gone else [name, *(aliases or ())]
            said = () if gone else (text for part in matters if part for text in part)
            self._called[place] = name or id
            places.append(place)
            texts.append((place, called, said))
            there.append(ABSENT if gone else KINDS.index(kind))
            holders.append(self._place(holder) if holder and not gone else -1)
            shares.append(_SHARES.get(share, 0))
        self._put(places, there, holders, shares)
        if kind is Kind.ELEMENT:
            for place, called, _ in texts:
                self._call_element(place, called)
        else:
            self._index(texts)

    def _index(self, texts: Iterable[tuple[int, Iterable[str | None], Iterable[str | None]]]) -> None:
        """Take what things are called, and what is said of them."""
        names, whole = [], []
        for place, called, said in texts:
            lines = self._forms(called)
            names.append((place, "\n".join(lines)))
            whole.append((place, "\n".join(lines | self._forms(said))))
        self.names.put(names)
        self.texts.put(whole)

    def _put(self, places: Sequence[int], kinds: Sequence[int], holders: Sequence[int], shares: Sequence[int]) -> None:
        self._grow()
        at, held = np.array(places, np.int64), np.array(holders, np.int32)
        for its in np.flatnonzero(self._holder.data[at] != held).tolist():
            self._parts.add(holders[its], places[its])
        self._kind.data[at], self._holder.data[at], self._share.data[at] = kinds, held, shares

    def _grow(self) -> None:
        """Give a place in the columns to all that was named."""
        for column in (self._kind, self._holder, self._share):
            column.grow(len(self.ids))

    def _call_element(self, place: int, called: Sequence[str | None]) -> None:
        """Take the names of an element, its own first, in place of those that it had."""
        for key in self._element_keys.pop(place, ()):
            if key:
                self._elements_of_key[key].discard(place)
        self._element_keys[place] = keys = [words(name or "").key for name in called]
        for key in filter(None, keys):
            self._elements_of_key.setdefault(key, set()).add(place)

    def _forms(self, texts: Iterable[str | None]) -> dict[str, None]:
        """What texts are compared by, each once."""
        forms = dict.fromkeys(self._form(text[:_LONGEST]) for text in texts if text)
        forms.pop("", None)
        return forms

    def _lines(self, texts: Iterable[str | None]) -> str:
        return "\n".join(self._forms(texts))

    def _take_fields(self, rows: Iterable[Sequence[Any]]) -> None:
        numbers, names, resources, elements, shares = [], [], [], [], []
        for number, name, resource, element, share, closed, unregistered in rows:
            there = closed is None and not unregistered and name and resource
            key = words(name).key if there else ""
            numbers.append(number)
            names.append((name, key))
            resources.append(self._place(resource) if key else -1)
            elements.append(self._place(element) if key and element else -1)
            shares.append(_SHARES.get(share, 0))
        self._grow()
        self.fields.put(numbers, names, resources, elements, shares)

    def best(self, names: Sequence[str], matters: Sequence[str], kinds: Iterable[Kind], most: int) -> list[str]:
        """Ids of the things of some kinds that are likest by name and matter, best first; ties by id.

        Each kind has its share of them, as far as there are so many.
        """
        wanted = [KINDS.index(kind) for kind in kinds]
        looked = sorted({*wanted, *([RESOURCE] if SYSTEM in wanted else [])})
        groups = [self._kind.data == kind for kind in looked]
        about = ["\n".join([*names[:1], *matters])] if matters else names[:1]
        parts = [(self.names, self._sought(names)), (self.texts, self._sought(about))]
        found = [_merged([self._likest(index, texts, most, groups) for index, texts in parts], np.add)]
        return self._chosen(self._with_holders(*found) if SYSTEM in wanted else found[0], wanted, most)

    def _sought(self, texts: Sequence[str]) -> list[tuple[str, int]]:
        """Texts as they are looked for, and how many each stands for."""
        lines = list(dict.fromkeys(filter(None, (self._lines(text.split("\n")) for text in texts))))
        further = lines[_TEXTS:]
        return [*((line, 1) for line in lines[:_TEXTS]), *([("\n".join(further), len(further))] if further else [])]

    def _likest(self, index: Index, texts: Sequence[tuple[str, int]], most: int, groups: Sequence[Bools]) -> Best:
        """The likest to any of some texts, of each group."""
        return _merged(
            [
                Best(best.numbers, np.minimum(best.scores * np.float32(count), 1, dtype=np.float32))
                for text, count in texts
                for best in index.best_of(text, most, groups)
            ],
            np.maximum,
        )

    def _with_holders(self, found: Best) -> Best:
        """With the systems that hold what was found."""
        held = self._holder.data[found.numbers].astype(np.int64)
        inside = held >= 0
        inside[inside] = self._kind.data[held[inside]] == SYSTEM
        return _merged([found, Best(held[inside], found.scores[inside] * np.float32(_HELD))], np.maximum)

    def _chosen(self, found: Best, kinds: Sequence[int], most: int) -> list[str]:
        """Ids of the best; ties by id, and of each kind its share first."""
        rows = zip(found.numbers.tolist(), found.scores.tolist(), self._kind.data[found.numbers].tolist(), strict=True)
        ranked = sorted((-score, self.ids[place], kind) for place, score, kind in rows if kind in kinds)
        share = most // max(len(kinds), 1)
        chosen = {id for one in kinds for _, id, _ in [row for row in ranked if row[2] == one][:share]}
        others = [id for _, id, _ in ranked if id not in chosen]
        chosen.update(others[: most - len(chosen)])
        return [id for _, id, _ in ranked if id in chosen]

    def element_called(self, name: str) -> Named | None:
        """The data element of a name, else of an alias; none where several have it."""
        key = words(name).key
        places = self._elements_of_key.get(key, set())
        own = [place for place in places if self._element_keys[place][0] == key]
        found = own if own else list(places)
        return self.called(self.ids[found[0]]) if len(found) == 1 else None

    def with_name(self, name: str, kind: Kind) -> list[str]:
        """Ids of the systems or resources of a name, however it is written, sorted; aliases do not count."""
        key, number = words(name).key, KINDS.index(kind)
        best = self.names.best_of(self._lines([name]), _ALIKE, [self._kind.data == number])[0]
        there = (place for place in best.numbers.tolist() if words(self._called[place]).key == key)
        return sorted(self.ids[place] for place in there)

    def named(self, name: str, first: int) -> Carrying:
        """Where fields of a name exist."""
        places, total = self.fields.named(words(name).key, first)
        return Carrying(tuple((self.ids[place], name) for place in places), total)

    def carrying(self, element: str, first: int) -> Carrying:
        """Where fields exist that carry a data element."""
        found, total = self.fields.carrying(self._places.get(element, -1), first)
        return Carrying(tuple((self.ids[place], name) for place, name in found), total)

    def fields_of(self, resources: Iterable[str]) -> tuple[HeldField, ...]:
        """The different fields of resources, by name."""
        places = np.array([self._places[id] for id in resources if id in self._places], np.int64)
        found = {(name, self.ids[at] if at >= 0 else None) for name, at in self.fields.of(places)}
        return tuple(
            HeldField(name, self.called(id) if id else None)
            for name, id in sorted(found, key=lambda one: (one[0], one[1] or ""))
        )

    def parts(self, system: str) -> list[str]:
        """Ids of the resources that a system holds; at most `MOST_PARTS`, the first by id."""
        place = self._places.get(system, -1)
        members = self._parts.gather(np.array([place]))[1] if place >= 0 else np.zeros(0, np.int64)
        there = members[(self._holder.data[members] == place) & (self._kind.data[members] == RESOURCE)]
        return sorted({self.ids[at] for at in there.tolist()})[:MOST_PARTS]

    def knows(self, id: str) -> bool:
        """Whether there is a thing with this id."""
        return self._kind.data[self._places[id]] != ABSENT if id in self._places else False

    def called(self, id: str) -> Named:
        """A thing by id and name; its id where nothing else is known."""
        return Named(id, self._called[self._places[id]] if id in self._places else id)

    def body(self, department: str | None) -> Body | None:
        """A department with its jurisdiction and what is above it."""
        if department is None:
            return None
        its = self._holders.get(department)
        if its is None:
            return Body(department, department)
        home = self._holders.get(its.jurisdiction or "")
        above = (*self._chain(its.above), *self._chain(home.above if home else None))
        return Body(department, its.name or department, its.jurisdiction, home.level if home else None, above)

    def _chain(self, first: str | None) -> list[str]:
        """An id and all that is above it."""
        found: dict[str, None] = {}
        while first is not None and first not in found:
            found[first] = None
            its = self._holders.get(first)
            first = its.above if its else None
        return list(found)


SYSTEM, RESOURCE = KINDS.index(Kind.SYSTEM), KINDS.index(Kind.RESOURCE)


def _merged(parts: Sequence[Best], together: Any) -> Best:
    """Several answers as one: what is in more than one has its scores put together."""
    numbers = np.concatenate([np.zeros(0, np.int64), *(part.numbers for part in parts)])
    scores = np.concatenate([np.zeros(0, np.float32), *(part.scores for part in parts)])
    order = np.argsort(numbers, kind="stable")
    numbers, scores = numbers[order], scores[order]
    firsts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])) if len(numbers) else np.zeros(0, np.int64)
    return Best(numbers[firsts], together.reduceat(scores, firsts) if len(firsts) else scores)

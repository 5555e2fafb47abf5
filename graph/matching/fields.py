"""Fields by name, by resource and by data element: where what a proposal would collect exists already."""

from collections.abc import Callable, Sequence

import numpy as np

from graph.facts import Kind
from graph.net import KINDS, SHARE_TYPES, Bools, Column, Ints, distinct
from graph.net import Index as Members

_READILY: Ints = np.array([("UNCONDITIONAL", "CONDITIONAL", "", "WITHHELD").index(name) for name in SHARE_TYPES])
"""Share types by how readily what has them is shared."""
_MANY = 1_000
"""So many fields at once are indexed anew, not one by one."""
_HALF = 32
"""Bits of a number."""
_NONE: Ints = np.zeros(0, np.int64)

RESOURCE = KINDS.index(Kind.RESOURCE)


class Fields:
    """Fields by number: name, key of the name, resource, element and share type.

    `kinds` and `shares`, by place, say which resources are there and how they are shared.
    """

    def __init__(self, kinds: Column, shares: Column) -> None:
        self._kinds, self._shares = kinds, shares
        self._names: list[str] = []
        self._name_numbers: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._key_of = Column(np.int32, -1)
        self._name = Column(np.int32, -1)
        self._resource = Column(np.int32, -1)
        self._element = Column(np.int32, -1)
        self._share = Column(np.int8, 0)
        self._by_key, self._by_resource, self._by_element = Members(), Members(), Members()
        self._unindexed = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return int((self._name.data >= 0).sum())

    @property
    def nbytes(self) -> int:
        """The memory that they take, about."""
        columns = (self._key_of, self._name, self._resource, self._element, self._share)
        indexes = (self._by_key, self._by_resource, self._by_element)
        return sum(one.nbytes for one in (*columns, *indexes)) + 250 * len(self._names)

    def put(
        self,
        numbers: Sequence[int],
        names: Sequence[tuple[str, str]],
        resources: Sequence[int],
        elements: Sequence[int],
        shares: Sequence[int],
    ) -> None:
        """Take fields in place of what has their numbers. A name comes with its key; one without is taken away."""
        if not numbers:
            return
        at = np.array(numbers, np.int64)
        for column in (self._name, self._resource, self._element, self._share):
            column.grow(int(at.max()) + 1)
        self._name.data[at] = [self._number(*name) if name[1] else -1 for name in names]
        self._resource.data[at], self._element.data[at], self._share.data[at] = resources, elements, shares
        if len(at) > _MANY:
            self._unindexed += len(at)
            return
        keys = self._key(at).tolist()
        for owners, index in ((keys, self._by_key), (resources, self._by_resource), (elements, self._by_element)):
            for owner, number in zip(owners, numbers, strict=True):
                index.add(owner, number)

    def _number(self, name: str, key: str) -> int:
        number = self._name_numbers.get(name)
        if number is None:
            number = self._name_numbers[name] = len(self._names)
            self._names.append(name)
            self._key_of.extend([self._keys.setdefault(key, len(self._keys))])
        return number

    def _key(self, fields: Ints) -> Ints:
        """The numbers of the keys of fields; -1 where there is no field."""
        name = self._name.data[fields].astype(np.int64)
        if not self._names:
            return name
        found: Ints = np.where(name >= 0, self._key_of.data[name], -1)
        return found

    def settle(self, things: int) -> None:
        """Index what was put, if it is much; `things` have places."""
        if not self._unindexed and self._by_key.overlay <= 2_000 + self._name.size // 20:
            return
        self._by_key.build(self._key(np.arange(self._name.size)), len(self._keys))
        self._by_resource.build(self._resource.data, things)
        self._by_element.build(self._element.data, things)
        self._unindexed = 0

    def named(self, key: str, first: int) -> tuple[list[int], int]:
        """The resources of the first few fields whose names have a key, and how many such fields there are."""
        number = self._keys.get(key, -1) if key else -1
        members = self._in_order(self._members(self._by_key, number, self._key))
        return self._resource.data[members[:first]].tolist(), len(members)

    def carrying(self, element: int, first: int) -> tuple[list[tuple[int, str]], int]:
        """Resource and name of the first few fields that carry an element, and how many such fields there are."""
        members = self._in_order(self._members(self._by_element, element, self._element.data.__getitem__))
        shown = members[:first].tolist()
        return [(int(self._resource.data[at]), self._names[self._name.data[at]]) for at in shown], len(members)

    def of(self, resources: Ints) -> list[tuple[str, int]]:
        """The different names and elements of the fields of resources."""
        place, members = self._by_resource.gather(resources)
        members = members[(self._resource.data[members] == resources[place]) & (self._name.data[members] >= 0)]
        pairs = (self._name.data[members].astype(np.int64) << _HALF) | (self._element.data[members] + 1)
        return [(self._names[pair >> _HALF], (pair & (1 << _HALF) - 1) - 1) for pair in distinct(pairs).tolist()]

    def _members(self, index: Members, owner: int, owners: Callable[[Ints], Ints]) -> Ints:
        if owner < 0:
            return _NONE
        members = distinct(index.gather(np.array([owner]))[1])
        held: Ints = members[owners(members) == owner]
        return held

    def _in_order(self, members: Ints) -> Ints:
        """Fields of resources that are there, by how readily they are shared, then by number."""
        there: Bools = self._kinds.data[self._resource.data[members]] == RESOURCE
        members = members[there]
        own = self._share.data[members]
        shares = np.where(own > 0, own, self._shares.data[self._resource.data[members]])
        ordered: Ints = members[np.argsort(_READILY[shares], kind="stable")]
        return ordered

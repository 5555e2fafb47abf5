"""Contents from the projection: as `graph/contents.py`, without a statement, where the net has all that is wanted."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.contents import Content, Contents
from graph.facts import Kind
from graph.kept import Kept
from graph.lists import Listing, Row
from graph.load import HOLDER
from graph.net import KINDS, NEVER_IN_FORCE, Ints, Net, distinct
from graph.order import order_key
from graph.paging import Page, Position
from graph.things import Keys, Record

MOST = 20_000
"""Contents, of all owners together, up to which they are sorted here; an index does better with more."""

FEW = 1_000
"""Things of one kind up to which they are sorted here."""

_OF: Mapping[Contents, Kind] = {
    Contents.LOWER_JURISDICTIONS: Kind.JURISDICTION,
    Contents.DEPARTMENTS: Kind.DEPARTMENT,
    Contents.SYSTEMS: Kind.SYSTEM,
    Contents.PROVIDED: Kind.RESOURCE,
    Contents.HELD: Kind.RESOURCE,
    Contents.FIELDS: Kind.FIELD,
}
"""What the net knows, and the kind that it is of."""

KNOWN: Mapping[Kind, frozenset[str]] = {
    kind: frozenset({"id", "kind", "name", *([HOLDER[kind]] if kind in HOLDER else ())}) for kind in Kind
}
"""The keys of a record that the net knows."""


_Ordered = list[tuple[tuple[str, str], int]]
"""Things with their places in a list, in its order."""
_orders: Kept[Hashable, tuple[_Ordered | None]] = Kept(16)


@dataclass(frozen=True, slots=True)
class Columns:
    """Contents of several owners, one after the other, as columns: `values` by key, and their ranks."""

    kind: Kind
    values: dict[str, list[Any]]
    ranks: Sequence[int]

    def record(self, row: int) -> Record:
        """A row as a record."""
        return {"kind": self.kind, **{key: column[row] for key, column in self.values.items()}}


class Rows(Sequence[Content]):
    """The contents of one owner: some rows of columns."""

    __slots__ = ("columns", "places")

    def __init__(self, columns: Columns, places: range) -> None:
        self.columns = columns
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Rows(self.columns, self.places[index])
        row, columns = self.places[index], self.columns
        return Content((columns.ranks[row], order_key(columns.values["id"][row])), columns.record(row), None)


def page(net: Net, what: Contents, ids: Sequence[str], page: Page, size: int, keys: Keys) -> dict[str, Rows] | None:
    """As `contents.page` of the current state; `None` where the net does not know all that is wanted."""
    kind = _OF.get(what)
    if kind is None or keys is None or not KNOWN[kind].issuperset(keys):
        return None
    found = _found(net, what, ids)
    if found is None:
        return None
    ranked = what in (Contents.DEPARTMENTS, Contents.FIELDS)
    rows: list[int] = []
    places = {}
    for id, members in found.items():
        first = len(rows)
        rows += _sorted(net, members, page, ranked=ranked)[:size]
        places[id] = range(first, len(rows))
    columns = _columns(net, kind, rows, keys, ranked=ranked)
    return {id: Rows(columns, those) for id, those in places.items()}


def lists(net: Net, listing: Listing, keys: Keys) -> bool:
    """Whether `listed` knows what is asked: all of a kind by id, where there are few."""
    return _few(net, listing, keys) is not None


def listed(net: Net, listing: Listing, page: Page, size: int, keys: Keys) -> list[Row] | None:
    """As `Lister.page` of the current state; `None` where it does not know."""
    ordered = _few(net, listing, keys)
    if ordered is None or keys is None:
        return None
    if page.after is not None or page.before is not None:
        ordered = [one for one in ordered if _inside(one[0], page)]
    there = (ordered[::-1] if page.backward else ordered)[:size]
    columns = _columns(net, listing.kind, [at for _, at in there], keys, ranked=False)
    return [Row(place, columns.record(row)) for row, (place, _) in enumerate(there)]


def _few(net: Net, listing: Listing, keys: Keys) -> _Ordered | None:
    """The things of a listing's kind; `None` where more is asked than all of them by id, or there are many."""
    kind = listing.kind
    if listing != Listing(kind, listing.filters) or any(value is not None for value in listing.filters.values()):
        return None
    if net.waiting or keys is None or not KNOWN[kind].issuperset(keys):
        return None
    state = net.edition, net.known_at, kind
    found = _orders.find(state)
    if found is None:
        found = (_ordered(net, kind),)
        _orders.keep(state, found)
    return found[0]


def _ordered(net: Net, kind: Kind) -> _Ordered | None:
    members = np.flatnonzero(net.kind.data == KINDS.index(kind))
    if len(members) > FEW:
        return None
    shown = ~net.unregistered.data[members] & (net.life.data[members] != net.lives.number(NEVER_IN_FORCE))
    return sorted(((order_key(net.ids[at]),) * 2, at) for at in members[shown].tolist())


def _columns(net: Net, kind: Kind, rows: list[int], keys: Sequence[str], *, ranked: bool) -> Columns:
    ids, names = net.ids, net.names
    values: dict[str, list[Any]] = {"id": [ids[at] for at in rows], "name": [names[at] or ids[at] for at in rows]}
    if kind in HOLDER and HOLDER[kind] in keys:
        values[HOLDER[kind]] = [ids[at] if at >= 0 else None for at in net.holder.data[rows].tolist()]
    return Columns(kind, values, net.rank.data[rows].tolist() if ranked else [0] * len(rows))


def _sorted(net: Net, members: list[int], page: Page, *, ranked: bool) -> list[int]:
    """Members in the page's direction, those on the page or after it."""
    ids, rank = net.ids, net.rank.data

    def place(at: int) -> Position:
        return int(rank[at]) if ranked else 0, ids[at]

    if page.after is not None or page.before is not None:
        members = [at for at in members if _inside((place(at)[0], order_key(ids[at])), page)]
    # Ids by code point are in the order of their keys.
    return sorted(members, key=place if ranked else ids.__getitem__, reverse=page.backward)


def named(net: Net, kind: Kind, ids: Iterable[str | None]) -> dict[str | None, Record | None] | None:
    """Things of a kind by id, with the `KNOWN` keys; `None` where the net does not know all of them."""
    if net.waiting:
        return None
    number, kinds, holders, names = KINDS.index(kind), net.kind.data, net.holder.data, net.names
    found: dict[str | None, Record | None] = {None: None}
    for id in ids:
        at = -1 if id is None else net.index.get(id, -1)
        if at < 0 or kinds[at] != number:
            found[id] = None
            continue
        record = found[id] = {"id": id, "kind": kind, "name": names[at] or id}
        if kind in HOLDER:
            record[HOLDER[kind]] = net.ids[holders[at]] if holders[at] >= 0 else None
    return found


def count(net: Net, what: Contents, ids: Sequence[str]) -> dict[str, int] | None:
    """As `contents.count` of the current state; `None` where the net does not know."""
    found = _found(net, what, ids) if what in _OF else None
    return None if found is None else {id: len(members) for id, members in found.items()}


def _found(net: Net, what: Contents, ids: Sequence[str]) -> dict[str, list[int]] | None:
    """The contents of each of the things `ids`; `None` where there are very many."""
    if net.waiting:
        return None
    owners = np.array([net.index.get(id, -1) for id in ids], np.int64)
    known = np.flatnonzero(owners >= 0)
    place, members = _members(net, owners[known], Kind.SYSTEM if what is Contents.PROVIDED else _OF[what])
    if what is Contents.PROVIDED:
        place, members = _provided(net, owners[known], place, members)
    if len(members) > MOST:
        return None
    # What left its container and came back is in both parts of an index: each pair once.
    place, members = np.divmod(distinct(place * net.size + members), net.size)
    ends = np.searchsorted(place, np.arange(len(known) + 1)).tolist()
    listed = members.tolist()
    found: dict[str, list[int]] = {id: [] for id in ids}
    found.update((ids[at], listed[ends[n] : ends[n + 1]]) for n, at in enumerate(known.tolist()))
    return found


def _members(net: Net, owners: Ints, kind: Kind) -> tuple[Ints, Ints]:
    place, members = net.held.gather(owners)
    return _kept(net, net.holder.data[members] == owners[place], place, members, kind)


def _provided(net: Net, owners: Ints, of: Ints, systems: Ints) -> tuple[Ints, Ints]:
    """What departments provide, and what their systems hold whose provider is not stated."""
    place, members = net.provided.gather(owners)
    place, members = _kept(net, net.provider.data[members] == owners[place], place, members, Kind.RESOURCE)
    through, held = _members(net, systems, Kind.RESOURCE)
    unstated = net.provider.data[held] < 0
    return np.concatenate([place, of[through[unstated]]]), np.concatenate([members, held[unstated]])


def _kept(net: Net, there: np.ndarray, place: Ints, members: Ints, kind: Kind) -> tuple[Ints, Ints]:
    closed = net.life.data[members] == net.lives.number(NEVER_IN_FORCE)
    kept = there & (net.kind.data[members] == KINDS.index(kind)) & ~closed
    return place[kept], members[kept]


def _inside(position: Position, page: Page) -> bool:
    if page.here and position == (page.before if page.backward else page.after):
        return True
    return (page.after is None or position > page.after) and (page.before is None or position < page.before)

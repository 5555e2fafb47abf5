"""Completing columns: all values of one field on one level at once, with the result that graphql-core has one by one.

A tree of completers is compiled from a selection set (`planning.py`). What only graphql-core tells right, an error
above all, raises `Uncovered`, and the operation is answered by graphql-core.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from functools import cache
from inspect import isawaitable
from itertools import chain, groupby
from math import isfinite
from types import NoneType
from typing import Any, Protocol, TypeVar

from graphql import GraphQLEnumType, GraphQLLeafType, GraphQLResolveInfo, Undefined

from resolvers.encoding import Text, encode

Column = list[Any]


class Uncovered(Exception):
    """graphql-core has to answer this."""


Info = Callable[[], GraphQLResolveInfo[Any]]
"""What the resolvers of a field are told, made when one of them asks."""


class Completer(Protocol):
    """Completes the values of one type."""

    @property
    def plain(self) -> bool:
        """Whether nothing has to be waited for."""
        ...

    async def complete(self, values: Column, run: Any, info: Info) -> Column:
        """One result for each value, in order."""
        ...


MOST_TEXTS = 2
"""Finished texts of one table that are kept."""


class Table(Sequence[Any]):
    """Records kept as columns: a list that is completed without a record for each row, where none is needed.

    `texts` are its finished JSON by what completes it, for whoever asks for the same again. Columns may be found when
    they are asked for.
    """

    __slots__ = ("_columns", "_make", "_rows", "size", "texts")

    def __init__(
        self,
        size: int,
        columns: "dict[str, Column] | Callable[[], dict[str, Column]]",
        make: Callable[[int], Any],
        texts: dict["Completer", Text] | None = None,
    ) -> None:
        self.size = size
        self.texts = {} if texts is None else texts
        self._columns = columns
        self._make = make
        self._rows: Column | None = None

    @property
    def columns(self) -> dict[str, Column]:
        """The values of all rows, by their keys."""
        if callable(self._columns):
            self._columns = self._columns()
        return self._columns

    def keep(self, items: "Completer", text: Text) -> None:
        """Keep the JSON that something completes its rows to."""
        if len(self.texts) >= MOST_TEXTS:
            self.texts.clear()
        self.texts[items] = text

    def rows(self) -> Column:
        """A record for each row, the same ones each time."""
        if self._rows is None:
            self._rows = [self._make(row) for row in range(self.size)]
        return self._rows

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows())

    def __getitem__(self, index: Any) -> Any:
        return self.rows()[index]


class Part(Sequence[Any]):
    """Some rows of a table, one after the other."""

    __slots__ = ("places", "table")

    def __init__(self, table: Table, places: range) -> None:
        self.table = table
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        return self.table.rows()[self.places.start : self.places.stop][index]


class Shared(Sequence[Any]):
    """A column of objects many of which are the same: the different ones, and the place of each row's among them.

    A row at place -1 has none.
    """

    __slots__ = ("places", "unique")

    def __init__(self, unique: Sequence[Any], places: list[int]) -> None:
        self.unique = unique
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Any]:
        return map([*self.unique, None].__getitem__, self.places)

    def __getitem__(self, index: Any) -> Any:
        place = self.places[index]
        return None if place < 0 else self.unique[place]


_SAME: dict[str, set[type]] = {"String": {str, NoneType}, "ID": {str, NoneType}, "Boolean": {bool, NoneType}}


@cache
def _odd(kind: type) -> bool:
    """Whether values of a type are told by themselves: errors, and what has yet to be awaited."""
    return issubclass(kind, BaseException) or hasattr(kind, "__await__") or kind is type(Undefined)


def _check(kinds: Iterable[type]) -> None:
    if any(map(_odd, kinds)):
        raise Uncovered


class Leaf:
    """A scalar or an enum."""

    plain = True

    def __init__(self, type: GraphQLLeafType) -> None:
        self._coerce = type.coerce_output_value
        self._same = _SAME.get(type.name, set())
        self._number = type.name if type.name in ("Int", "Float") else None
        self._names: dict[Any, Any] | None = {} if isinstance(type, GraphQLEnumType) else None

    async def complete(self, values: Column, run: Any, info: Info) -> Column:
        kinds = set(map(type, values))
        if kinds <= self._same or (self._number and self._is_number(values, kinds)):
            return values
        _check(kinds)
        try:
            if self._names is None:
                return [None if value is None else self._coerced(value) for value in values]
            for value in set(values) - self._names.keys():
                self._names[value] = None if value is None else self._coerced(value)
            return list(map(self._names.__getitem__, values))
        except Exception as error:
            raise Uncovered from error

    def _coerced(self, value: Any) -> Any:
        coerced = self._coerce(value)
        if coerced is None or coerced is Undefined:
            raise Uncovered
        return coerced

    def _is_number(self, values: Column, kinds: set[type]) -> bool:
        if self._number == "Int":
            return kinds == {int} and min(values) >= -(2**31) and max(values) < 2**31
        return kinds == {float} and all(map(isfinite, values))


class Wrapped:
    """A type around another."""

    def __init__(self, inner: Completer) -> None:
        self.inner = inner

    @property
    def plain(self) -> bool:
        return self.inner.plain


class Required(Wrapped):
    """A value that may not be null."""

    async def complete(self, values: Column, run: Any, info: Info) -> Column:
        if isinstance(values, list) and NoneType in set(map(type, values)):
            raise Uncovered
        return await self.inner.complete(values, run, info)


class Items(Wrapped):
    """Lists, completed as one long list. Tables of what need not be waited for are completed as finished JSON."""

    async def complete(self, values: Column, run: Any, info: Info) -> Column:
        if set(map(type, values)) == {Table} and self.inner.plain:
            return [await self._text(table, run, info) for table in values]
        lists = [value for value in values if value is not None]
        if not {list, tuple, Table, Part}.issuperset(map(type, lists)):
            raise Uncovered
        done = await self.inner.complete(_joined(lists), run, info)
        parts = iter([done]) if len(lists) == 1 else _parts(done, lists)
        return [None if value is None else next(parts) for value in values]

    async def _text(self, table: Any, run: Any, info: Info) -> Text:
        text: Text | None = table.texts.get(self.inner)
        if text is None:
            text = Text(encode(await self.inner.complete(table, run, info)))
            table.keep(self.inner, text)
        return text


def _joined(lists: list[Any]) -> Any:
    """The items of all lists, one after the other; the table where they are all of its rows in their order."""
    if len(lists) == 1 and type(lists[0]) in (list, Table):
        return lists[0]
    first = lists[0] if lists else None
    if type(first) is Part and all(type(one) is Part and one.table is first.table for one in lists):
        together = list(chain.from_iterable(one.places for one in lists))
        if together == list(range(len(first.table))):
            return first.table
    return list(chain.from_iterable(lists))


def _parts(done: Column, lists: list[Sequence[Any]]) -> Iterator[Column]:
    at = 0
    for one in lists:
        yield done[at : at + len(one)]
        at += len(one)


Zipper = Callable[[list[Column]], Column]


def zipper(keys: Sequence[str]) -> Zipper:
    """Makes a dict with these keys, one or more, of each row of some columns. Keys are GraphQL names."""
    names = [f"v{index}" for index in range(len(keys))]
    shown = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    source = f"lambda columns: [{{{shown}}} for {', '.join(names)}, in zip(*columns)]"
    made: Zipper = eval(source, {"__builtins__": {"zip": zip}})  # noqa: S307  a dict display is three times as fast
    return made


class Field(Protocol):
    """A planned field of a selection."""

    key: str
    name: str
    at_once: bool
    lists: bool

    @property
    def keys(self) -> "Keys":
        """The keys of its source that it reads."""
        ...

    def inner(self) -> "Shape | None":
        """What is selected of it, where that is of one type."""
        ...

    def items(self) -> Completer | None:
        """What completes the items of its list, where it is one."""
        ...

    async def column(self, objects: Sequence[Any], run: Any) -> Column:
        """Its completed value on each object."""
        ...


class Wanting:
    """The source of a connection: it is told which keys of its nodes are wanted, `None` where it may be any."""

    def __init__(self) -> None:
        self.wanted: frozenset[str] | None = None
        self.nested = False
        """Whether lists of its nodes are wanted."""
        self.told = False
        """Whether it has been told: its page info has the same source, and is not asked."""


Keys = frozenset[str] | None
"""Keys of a source that are read; `None`: it may be any."""


def _both(one: Keys, other: Keys) -> Keys:
    return None if one is None or other is None else one | other


class Shape:
    """The fields selected of one object type."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._wanted: tuple[Keys, bool] | None = None
        self._parts: list[Shape] | None = None
        self._zip = zipper([field.key for field in fields]) if fields else None
        self._later = [index for index, field in enumerate(fields) if not field.at_once]
        self.plain = not self._later

    @property
    def keys(self) -> Keys:
        """The keys of the objects that are read."""
        found: Keys = frozenset()
        for field in self._fields:
            found = _both(found, field.keys)
        return found

    def selects(self, name: str) -> bool:
        """Whether a field is selected."""
        return any(field.name == name for field in self._fields)

    def below(self, *path: str) -> Keys:
        """The keys that are read of what lies below some fields within fields; none where these are not selected."""
        if not path:
            return self.keys
        found: Keys = frozenset()
        for field in self._fields:
            if field.name == path[0]:
                inner = field.inner()
                found = _both(found, None if inner is None else inner.below(*path[1:]))
        return found

    def lists(self, *path: str) -> bool:
        """Whether lists are selected of what lies below some fields within fields."""
        if not path:
            return any(field.lists for field in self._fields)
        inner = [field.inner() for field in self._fields if field.name == path[0]]
        return any(one is not None and one.lists(*path[1:]) for one in inner)

    def parts(self, same: frozenset[str]) -> "list[Shape]":
        """The fields, one after the other, in groups each of which reads nothing but `same`, or may read other keys.

        `same` is that of the type, and the same each time.
        """
        if self._parts is None:
            groups = groupby(self._fields, key=lambda field: field.keys is not None and field.keys <= same)
            self._parts = [Shape(list(fields)) for _, fields in groups]
        return self._parts

    def lists_of(self, name: str) -> "list[tuple[Completer, Shape]]":
        """What completes the items of a list, each time that it is selected, and what is selected of them."""
        found = [(field.items(), field.inner()) for field in self._fields if field.name == name]
        return [(items, shape) for items, shape in found if items is not None and shape is not None]

    def tell(self, source: Wanting) -> None:
        """Let the source of a connection know what is selected of its nodes."""
        if self._wanted is None:
            keys = _both(self.below("nodes"), self.below("edges", "node"))
            self._wanted = keys, self.lists("nodes") or self.lists("edges", "node")
        source.told = True
        source.wanted, source.nested = self._wanted

    async def complete(self, objects: Sequence[Any], run: Any) -> Column:
        """A dict for each object; none of them is null."""
        if not objects:
            return []
        if not isinstance(objects, Table) and isinstance(objects[0], Wanting):
            for one in objects:
                if not one.told:
                    self.tell(one)
        if self._zip is None:
            return [{} for _ in objects]
        columns: list[Column] = [[]] * len(self._fields)
        for index, field in enumerate(self._fields):
            if field.at_once:
                columns[index] = await field.column(objects, run)
        if self._later:
            found = await together([self._fields[index].column(objects, run) for index in self._later])
            for index, column in zip(self._later, found, strict=True):
                columns[index] = column
        return self._zip(columns)


async def together(waits: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """What all of them bring; all have ended when one's error is raised."""
    if len(waits) == 1:
        return [await waits[0]]
    found = await asyncio.gather(*waits, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]


class Object:
    """Objects of one type."""

    def __init__(self, shape: Callable[[], Shape]) -> None:
        self._compile: Callable[[], Shape] | None = shape
        self._shape: Shape | None = None

    def shape(self) -> Shape:
        """What is selected; compiled when it is first met."""
        if self._shape is None:
            assert self._compile is not None
            self._shape, self._compile = self._compile(), None
        return self._shape

    @property
    def plain(self) -> bool:
        return self.shape().plain

    async def complete(self, values: Column, run: Any, info: Info) -> Column:
        if isinstance(values, Table):
            return await self.shape().complete(values, run)
        if isinstance(values, Shared):
            found = [*await self.shape().complete(values.unique, run), None]
            return list(map(found.__getitem__, values.places))
        # Many sources often have the same object, which is completed once.
        unique = {id(value): value for value in values if value is not None}
        _check(set(map(type, unique.values())))
        done = await self.shape().complete(list(unique.values()), run)
        if len(done) == len(values):
            return done
        results: dict[int, Any] = dict(zip(unique, done, strict=True))
        return [None if value is None else results[id(value)] for value in values]


class Abstract:
    """Objects of the types of an interface or a union; `resolve` names an object's type."""

    plain = False

    def __init__(self, resolve: Callable[[Any, GraphQLResolveInfo[Any]], Any], of: Callable[[str], Object]) -> None:
        self._resolve = resolve
        self._of = of

    async def complete(self, values: Column, run: Any, info: Info) -> Column:
        present = [index for index, value in enumerate(values) if value is not None]
        _check({type(values[index]) for index in present})
        by_type: dict[str, list[int]] = {}
        told = info() if present else None
        for index in present:
            by_type.setdefault(self._name(values[index], told), []).append(index)
        results: Column = [None] * len(values)
        shapes = [self._of(name) for name in by_type]
        parts = [[values[index] for index in indexes] for indexes in by_type.values()]
        found = await together([one.complete(part, run, info) for one, part in zip(shapes, parts, strict=True)])
        for indexes, column in zip(by_type.values(), found, strict=True):
            for index, result in zip(indexes, column, strict=True):
                results[index] = result
        return results

    def _name(self, value: Any, info: Any) -> str:
        try:
            name = self._resolve(value, info)
        except Exception as error:
            raise Uncovered from error
        if not isinstance(name, str):
            if isawaitable(name):
                _close(name)
            raise Uncovered
        return name


def _close(waiting: Awaitable[Any]) -> None:
    if isinstance(waiting, Coroutine):
        waiting.close()


Said = TypeVar("Said", bound=Callable[..., bool])


def always(is_type_of: Said) -> Said:
    """Marks an `is_type_of` that says true of every source, so that it need not be asked."""
    is_type_of.always = True  # type: ignore[attr-defined]
    return is_type_of

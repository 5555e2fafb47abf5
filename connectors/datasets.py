"""Datasets as others name them – a namespace and a name, as OpenLineage does – and the resources that they are.

    naming = Naming(rules, registered)
    met = await naming.meet([Dataset("postgres://db1:5432", "people.public.person")])
    met[dataset].id, met[dataset].field("id_no")

A rule decides first; else a registered resource whose id, code or alias is the name; else the id that is built
from namespace and name, which is the id that a connector of that database gives the table.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from graph.facts import is_id, name_key

__all__ = ["Column", "Dataset", "Met", "Naming", "Registered", "Rule", "field_id", "fitting_id", "resource_id"]

_LONGEST = 300


@dataclass(frozen=True, slots=True, order=True)
class Dataset:
    """A dataset as OpenLineage names it: `postgres://db1:5432` and `people.public.person`."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """A registered field: its id and the names it goes by."""

    id: str
    name: str
    code: str | None = None


class Registered(Protocol):
    """What a connector may ask the registry, many at a time, one statement each."""

    async def called(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the resources in force with this id, code or alias, for each name that has some."""
        ...

    async def columns(self, ids: Sequence[str]) -> Mapping[str, Sequence[Column]]:
        """The fields in force of each resource that is registered, in order of position, then id."""
        ...


class Rule(BaseModel):
    """One naming rule: datasets that fit `namespace` and `name` are the resource `resource`.

    `*` in a pattern stands for any text; `{1}`, `{2}` … in `resource` are what the stars of `name` stood for,
    `{namespace}` and `{name}` the whole. Case does not count in patterns.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    namespace: str = Field("*", min_length=1, description="Pattern of the namespace.")
    name: str = Field(min_length=1, description="Pattern of the name.")
    resource: str = Field(min_length=1, description="Id of the resource, with the placeholders filled in.")

    def apply(self, dataset: Dataset) -> str | None:
        """The id of the resource; None when the rule does not fit, or what it gives is no id."""
        if _pattern(self.namespace).fullmatch(dataset.namespace) is None:
            return None
        match = _pattern(self.name).fullmatch(dataset.name)
        if match is None:
            return None
        words = {"namespace": dataset.namespace, "name": dataset.name}
        words |= {str(at): text for at, text in enumerate(match.groups(), 1)}
        id = re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), self.resource)
        return id if is_id(id) else None


@dataclass(frozen=True, slots=True)
class Met:
    """What a dataset is here. `known`: a rule or the registry says so; else the id is built from its name."""

    id: str
    known: bool
    columns: Sequence[Column] = ()

    def field(self, column: str) -> str:
        """The id of the field that a column is: a registered one by code, else by name, else built."""
        key = name_key(column)
        for one in self.columns:
            if one.code is not None and name_key(one.code) == key:
                return one.id
        for one in self.columns:
            if name_key(one.name) == key:
                return one.id
        return field_id(self.id, column)


class Naming:
    """The rules and the registry, asked once for each dataset."""

    def __init__(self, rules: Sequence[Rule] = (), registered: Registered | None = None) -> None:
        self._rules = rules
        self._registered = registered
        self._met: dict[Dataset, Met] = {}

    def __len__(self) -> int:
        """How many datasets were met."""
        return len(self._met)

    async def meet(self, datasets: Iterable[Dataset]) -> Mapping[Dataset, Met]:
        """Each dataset and what it is here."""
        wanted = dict.fromkeys(datasets)
        new = [dataset for dataset in wanted if dataset not in self._met]
        if new:
            await self._ask(new)
        return {dataset: self._met[dataset] for dataset in wanted}

    async def _ask(self, datasets: Sequence[Dataset]) -> None:
        ruled = {dataset: self._ruled(dataset) for dataset in datasets}
        open_ = [dataset for dataset, id in ruled.items() if id is None]
        called: Mapping[str, Sequence[str]] = {}
        if self._registered is not None and open_:
            names = {name for dataset in open_ for name in _names(dataset)}
            called = await self._registered.called(sorted(names))
        ids: dict[Dataset, tuple[str, bool]] = {}
        for dataset, id in ruled.items():
            found = id or next((called[name][0] for name in _names(dataset) if len(called.get(name, ())) == 1), None)
            ids[dataset] = (found or resource_id(dataset), found is not None)
        columns: Mapping[str, Sequence[Column]] = {}
        if self._registered is not None:
            columns = await self._registered.columns(sorted({id for id, _ in ids.values()}))
        for dataset, (id, known) in ids.items():
            self._met[dataset] = Met(id, known, columns.get(id, ()))

    def _ruled(self, dataset: Dataset) -> str | None:
        return next((id for rule in self._rules if (id := rule.apply(dataset)) is not None), None)


def resource_id(dataset: Dataset) -> str:
    """The id that a dataset has where nothing else says which resource it is."""
    return _short(f"resource:{dataset}")


def field_id(resource: str, column: str) -> str:
    """The id of a resource's field that no other rule names."""
    return _short(f"field:{resource.removeprefix('resource:')}/{column}")


def _short(id: str) -> str:
    return fitting_id(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", id))


def fitting_id(id: str) -> str:
    """An id of at most 300 characters; one that is too long ends in a hash of the whole."""
    if len(id) <= _LONGEST:
        return id
    digest = hashlib.sha256(id.encode()).hexdigest()[:16]
    return f"{id[: _LONGEST - 17]}~{digest}"


def _names(dataset: Dataset) -> tuple[str, ...]:
    return resource_id(dataset), str(dataset), dataset.name


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(map(re.escape, text.split("*"))), re.IGNORECASE | re.DOTALL)

"""The facets that say which columns flow into which: `columnLineage` of all versions, and `lineage`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.datasets import Dataset
from connectors.openlineage_json import WrongEvent, member, objects, shown_key, text, text_or
from connectors.openlineage_state import MOST_FLOWS, Content

__all__ = ["LINEAGES", "Target", "job_lineage"]

_TRANSFORMATION = 1_000
"""Characters of what is told of one transformation."""


@dataclass(frozen=True, slots=True)
class Target:
    """The dataset that columns flow into, as far as the event describes it."""

    content: Content
    dataset: Dataset
    columns: Sequence[str]
    at: int

    def flow(
        self, start: tuple[Dataset, str] | None, into: str, direct: bool, texts: Sequence[str], where: str
    ) -> None:
        """A column flows into one of this dataset."""
        if start is None:
            return
        content, (source, column) = self.content, start
        if source == self.dataset and column == into:
            return
        if len(content.flows) >= MOST_FLOWS:
            raise WrongEvent(where, f"is more than the {MOST_FLOWS:,} flows of columns that are taken of one event")
        content.flow((source, column, self.dataset, into), direct, texts)
        content.dataset(source).see(column, self.at)
        content.dataset(self.dataset).see(into, self.at)


def _column_lineage(facet: Mapping[str, Any], path: str, target: Target) -> None:
    wrong: list[WrongEvent] = []
    into = list(_fields(facet, path, wrong))
    for column, where, entry in into:
        told = _older(entry)
        for inner, one in _entries(entry, "inputFields", where, wrong):
            direct, texts = _transformed(one)
            found = _input(one, inner, wrong)
            target.flow(found, column, direct, texts or told, inner)
    every = [column for column, _, _ in into] or target.columns
    for inner, one in _entries(facet, "dataset", path, wrong):
        direct, texts = _transformed(one, direct=False)
        found = _input(one, inner, wrong)
        for column in every:
            target.flow(found, column, direct, texts, inner)
    if wrong:
        raise wrong[0]


def _dataset_lineage(facet: Mapping[str, Any], path: str, target: Target) -> None:
    """The facet that states all that flows into a dataset."""
    wrong: list[WrongEvent] = []
    into = list(_fields(facet, path, wrong))
    for column, where, entry in into:
        _sources(entry, where, target, [column], wrong, direct=True)
    _sources(facet, path, target, [column for column, _, _ in into] or target.columns, wrong, direct=False)
    if into or facet.get("inputs") is not None:
        target.content.explicit.add(target.dataset)
    if wrong:
        raise wrong[0]


def _sources(
    value: Mapping[str, Any], path: str, target: Target, into: Sequence[str], wrong: list[WrongEvent], *, direct: bool
) -> None:
    """What `inputs` say that flows into some columns. One without a field flows as a whole; a job is no dataset."""
    for inner, one in _entries(value, "inputs", path, wrong):
        if text_or(one, "type", "DATASET") != "DATASET":
            continue
        if one.get("field") is None:
            _whole(target, one, inner, wrong)
            continue
        goes, texts = _transformed(one, direct=direct)
        found = _input(one, inner, wrong)
        for column in into:
            target.flow(found, column, goes, texts, inner)


LINEAGES: Mapping[str, Callable[[Mapping[str, Any], str, Target], None]] = {
    "columnLineage": _column_lineage,
    "lineage": _dataset_lineage,
}
"""How each is read. One entry that is wrong is left out; the first of them is raised when all are read."""


def job_lineage(facet: Mapping[str, Any], path: str, content: Content, at: int) -> None:
    """The facet of a job that states what flows into datasets, wherever they are."""
    for where, one in objects(facet, "entries", path):
        if text_or(one, "type") == "DATASET":
            dataset = Dataset(text(one, "namespace", where), text(one, "name", where))
            content.outputs.add(dataset)
            content.dataset(dataset)
            _dataset_lineage(one, where, Target(content, dataset, (), at))


def _fields(
    facet: Mapping[str, Any], path: str, wrong: list[WrongEvent]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Column, path and entry of each member of `fields`."""
    if facet.get("fields") is None:
        return
    for name, entry in member(facet, "fields", path).items():
        where = f"{path}.fields{shown_key(name)}"
        if not name.strip() or not isinstance(entry, dict):
            wrong.append(WrongEvent(where, "must be an object under the name of a column"))
        else:
            yield name, where, entry


def _entries(
    value: Mapping[str, Any], key: str, path: str, wrong: list[WrongEvent]
) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        yield from objects(value, key, path)
    except WrongEvent as error:
        wrong.append(error)


def _input(value: Mapping[str, Any], path: str, wrong: list[WrongEvent]) -> tuple[Dataset, str] | None:
    try:
        return Dataset(text(value, "namespace", path), text(value, "name", path)), text(value, "field", path)
    except WrongEvent as error:
        wrong.append(error)
        return None


def _whole(target: Target, value: Mapping[str, Any], path: str, wrong: list[WrongEvent]) -> None:
    try:
        source = Dataset(text(value, "namespace", path), text(value, "name", path))
    except WrongEvent as error:
        wrong.append(error)
        return
    target.content.dataset(source)
    target.content.wholes.add((source, target.dataset))


def _older(entry: Mapping[str, Any]) -> list[str]:
    """What the first versions told of a column as a whole."""
    told = _text(text_or(entry, "transformationType"), text_or(entry, "transformationDescription"))
    return [told] if told else []


def _transformed(value: Mapping[str, Any], *, direct: bool = True) -> tuple[bool, list[str]]:
    """Whether values go there, and how they are transformed."""
    listed = value.get("transformations")
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    kinds = {text_or(one, "type").upper() for one in entries}
    texts = []
    for one in entries[:50]:
        told = _text(text_or(one, "subtype"), text_or(one, "description"))
        masked = one.get("masking") is True
        texts.append("; ".join(filter(None, (told, "masked" if masked else ""))))
    if kinds:
        direct = kinds != {"INDIRECT"}
    return direct, sorted(set(filter(None, texts)))


def _text(kind: str, description: str) -> str:
    said = ": ".join(filter(None, (kind.strip(), description.strip())))
    return said if len(said) <= _TRANSFORMATION else said[: _TRANSFORMATION - 1] + "…"

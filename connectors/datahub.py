"""The connector for DataHub: files of metadata change proposals or events, as its file sink and its export write them.

`docs/sources/datahub.md` says what each part becomes and lists the findings.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from connectors.config import Config, Files
from connectors.datasets import Dataset, Naming
from connectors.documents import Document, documents, parsed
from connectors.harvest import Column, words
from connectors.protocol import Input
from connectors.tables import Feed, Tables
from connectors.trees import NotTree, outline, parse_json
from graph.facts import Fact, Finding

_DATASET = re.compile(r"urn:li:dataset:\(urn:li:dataPlatform:([^,()]+),(.+),([A-Z_]+)\)", re.DOTALL)
_FIELD = re.compile(r"urn:li:schemaField:\((urn:li:dataset:\(.+\)),(.+)\)", re.DOTALL)
_VERSIONED = re.compile(r"\[[^\]]*\]\.?")
_SNAPSHOT = "com.linkedin.pegasus2avro.metadata.snapshot.DatasetSnapshot"
_TYPES: Mapping[str, str] = {
    "StringType": "C",
    "NumberType": "N",
    "BooleanType": "L",
    "DateType": "D",
    "TimeType": "T",
    "BytesType": "G",
    "FixedType": "G",
    "EnumType": "C",
}


class DataHub:
    """Reads what DataHub exports of datasets: schemas, ownership, lineage."""

    name: ClassVar[str] = "datahub"
    title: ClassVar[str] = "DataHub metadata file"
    config: ClassVar[type[Config]] = Files

    def __init__(self, given: Input, /) -> None:
        self._given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it lists metadata change proposals or events."""
        look = outline(path)
        keys = look.keys.keys()
        return look.is_list and ({"entityUrn", "aspectName"} <= keys or "proposedSnapshot" in keys)

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The datasets with their fields and feeds, then what was odd."""
        naming = Naming(self._given.rules, self._given.registered)
        async for found in parsed(documents(self._given, ""), _changes):
            if isinstance(found, Finding):
                yield found
                continue
            document, tree = found
            tables = await asyncio.to_thread(_tables, self._given, document.file, tree)
            for item in tables.items(await naming.meet(tables.datasets())):
                yield item


def _changes(document: Document) -> list[Any]:
    """The list of changes that a document is. Raises NotTree."""
    tree = parse_json(document.content)
    if not isinstance(tree, list):
        raise NotTree("it is no list of metadata changes, as DataHub's file sink writes it")
    return tree


def _tables(given: Input, file: str, tree: Sequence[Any]) -> Tables:
    tables = Tables(given, file)
    for urn, aspect, value in _aspects(tree, tables):
        _take(urn, aspect, value, tables)
    return tables


def _aspects(tree: Sequence[Any], tables: Tables) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each aspect with the dataset that it is about and its name."""
    for at, one in enumerate(tree):
        if not isinstance(one, Mapping):
            tables.tell("NOT_A_CHANGE", f"entry {at + 1} is no object", "not taken")
            continue
        if isinstance(one.get("proposedSnapshot"), Mapping):
            for kind, snapshot in one["proposedSnapshot"].items():
                if kind == _SNAPSHOT and isinstance(snapshot, Mapping):
                    yield from _of_snapshot(snapshot)
            continue
        urn, name, aspect = one.get("entityUrn"), one.get("aspectName"), one.get("aspect")
        if not isinstance(urn, str) or not isinstance(name, str):
            continue
        value = aspect.get("json", aspect.get("value")) if isinstance(aspect, Mapping) else None
        if isinstance(value, str):
            try:
                value = parse_json(value.encode("utf-8", "replace"))
            except NotTree:
                value = None
        if isinstance(value, Mapping):
            yield urn, name, value
        elif one.get("changeType") != "DELETE":
            tables.tell("NOT_A_CHANGE", f"the aspect of entry {at + 1} cannot be read", "not taken")


def _of_snapshot(snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    urn = snapshot.get("urn")
    for aspect in _list(snapshot, "aspects"):
        for kind, value in aspect.items():
            name = str(kind).rpartition(".")[2]
            if isinstance(urn, str) and isinstance(value, Mapping):
                yield urn, name[:1].lower() + name[1:], value


def _dataset(urn: Any) -> Dataset | None:
    match = _DATASET.fullmatch(urn) if isinstance(urn, str) else None
    return Dataset(unquote(match[1]), unquote(match[2])) if match else None


def _take(urn: str, aspect: str, value: Mapping[str, Any], tables: Tables) -> None:
    dataset = _dataset(urn)
    if dataset is None:
        return
    table = tables.of(dataset)
    match aspect:
        case "schemaMetadata":
            table.columns = [column for one in _list(value, "fields") if (column := _column(one)) is not None]
        case "datasetProperties" | "editableDatasetProperties":
            table.name = _text(value.get("name")) or table.name
            table.abstract = _text(value.get("description")) or table.abstract
        case "ownership":
            owners = (_text(one.get("owner")) for one in _list(value, "owners"))
            table.owners += [owner.rpartition(":")[2] for owner in owners if owner]
        case "status":
            table.removed = value.get("removed") is True
        case "upstreamLineage":
            _lineage(dataset, value, tables)


def _column(one: Mapping[str, Any]) -> Column | None:
    path = _text(one.get("fieldPath"))
    if path is None:
        return None
    name = _VERSIONED.sub("", path) if path.startswith("[version=") else path
    native, described = _text(one.get("nativeDataType")), _text(one.get("description"))
    inner = one.get("type")
    kinds = inner.get("type") if isinstance(inner, Mapping) else None
    kind = next(iter(kinds), "").rpartition(".")[2] if isinstance(kinds, Mapping) else ""
    letter = words().data_type(native or "") or _TYPES.get(kind)
    return Column(name or path, letter, native, None, (described,) if described else ())


def _lineage(dataset: Dataset, value: Mapping[str, Any], tables: Tables) -> None:
    for one in _list(value, "upstreams"):
        if (start := _dataset(one.get("dataset"))) is not None:
            tables.feeds.append(Feed(start, None, dataset, None))
    for one in _list(value, "fineGrainedLineages"):
        starts, ends = (_fields(one.get(key)) for key in ("upstreams", "downstreams"))
        text = _text(one.get("transformOperation"))
        for start, column in starts:
            for end, target in ends:
                tables.feeds.append(Feed(start, column, end, target, text))


def _fields(urns: Any) -> list[tuple[Dataset, str]]:
    found = []
    for urn in urns if isinstance(urns, list) else ():
        match = _FIELD.fullmatch(urn) if isinstance(urn, str) else None
        dataset = _dataset(match[1]) if match else None
        if match is not None and dataset is not None:
            path = unquote(match[2])
            found.append((dataset, _VERSIONED.sub("", path) if path.startswith("[version=") else path))
    return found


def _list(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed = value.get(key)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None

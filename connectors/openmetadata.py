"""The connector for OpenMetadata: its tables and their lineage, asked by its API or kept as files.

`docs/sources/openmetadata.md` says what each part becomes and lists the findings.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import Field

from connectors.addresses import Session, shown_address
from connectors.config import Config
from connectors.datasets import Dataset, Naming
from connectors.documents import NOTHING, Described, Document, documents, revealed, told
from connectors.errors import SourceError
from connectors.harvest import Column, words
from connectors.protocol import Input
from connectors.tables import Feed, Tables
from connectors.trees import NotTree, outline, parse_json
from graph.facts import Fact, Finding, Severity

_ROWS = 100
_MOST_PAGES = 100_000
_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


class OpenMetadataConfig(Described):
    """An OpenMetadata by its address, or answers of its API in files."""

    lineage: bool = Field(True, description="Whether the lineage of each table is asked for.")


class OpenMetadata:
    """Reads tables and lineage of an OpenMetadata."""

    name: ClassVar[str] = "openmetadata"
    title: ClassVar[str] = "OpenMetadata tables and lineage"
    config: ClassVar[type[Config]] = OpenMetadataConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given
        self._naming = Naming(given.rules, given.registered)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is an answer about tables, or about lineage."""
        look = outline(path)
        table = {"fullyQualifiedName", "columns"}
        if {"entity", "nodes"} <= look.keys.keys() and {"upstreamEdges", "downstreamEdges"} & look.keys.keys():
            return True
        return table <= look.keys.keys() or table <= look.inner.get("data", {}).keys()

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The tables with their columns and feeds, then what was odd."""
        config = self._given.config
        if not self._given.paths and isinstance(config, OpenMetadataConfig) and config.url is not None:
            async for item in self._harvest(config, config.url):
                yield item
            return
        async for document in documents(self._given, ""):
            if isinstance(document, Finding):
                yield document
                continue
            tables = Tables(self._given, document.file)
            trouble = await asyncio.to_thread(_recorded, document, tables)
            if trouble is not None:
                yield trouble
            for item in tables.items(await self._naming.meet(tables.datasets())):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Asks how many tables there are."""
        config = self._given.config
        if not isinstance(config, OpenMetadataConfig) or config.url is None:
            return []
        async with Session(self._given.addresses) as session:
            page = await _get(session, config, f"{_site(config.url)}/api/v1/tables?limit=1")
        paging = page.get("paging")
        total = paging.get("total") if isinstance(paging, Mapping) else None
        return [f"The OpenMetadata answers; it has {total if isinstance(total, int) else 'some'} tables."]

    async def _harvest(self, config: OpenMetadataConfig, url: str) -> AsyncIterator[Fact | Finding]:
        site, after = _site(url), None
        async with Session(self._given.addresses) as session:
            for _ in range(_MOST_PAGES):
                wanted = {"limit": _ROWS, "fields": "columns,tags,owners", **({"after": after} if after else {})}
                page = await _get(session, config, f"{site}/api/v1/tables?{urlencode(wanted)}")
                tables = Tables(self._given, shown_address(site))
                listed = [one for one in _list(page.get("data")) if isinstance(one, Mapping)]
                for one in listed:
                    _table(one, tables)
                if config.lineage:
                    await self._lineage(session, config, site, listed, tables)
                for item in tables.items(await self._naming.meet(tables.datasets())):
                    yield item
                paging = page.get("paging")
                following = paging.get("after") if isinstance(paging, Mapping) else None
                if not isinstance(following, str) or following == after or not listed:
                    return
                after = following

    async def _lineage(
        self,
        session: Session,
        config: OpenMetadataConfig,
        site: str,
        listed: Sequence[Mapping[str, Any]],
        tables: Tables,
    ) -> None:
        free = asyncio.Semaphore(4)

        async def ask(id: str) -> None:
            async with free:
                asked = f"{site}/api/v1/lineage/table/{quote(id, safe='')}?upstreamDepth=1&downstreamDepth=0"
                try:
                    _edges(await _get(session, config, asked), tables)
                except SourceError as error:
                    message = f"the lineage of a table cannot be asked for: {error}"
                    tables.tell("LINEAGE_NOT_READ", message, "it was taken without it")

        await asyncio.gather(*(ask(one["id"]) for one in listed if isinstance(one.get("id"), str)))


def _recorded(document: Document, tables: Tables) -> Finding | None:
    try:
        tree = parse_json(document.content)
    except NotTree as error:
        return told("FILE_NOT_READ", Severity.ERROR, document.file, str(error), NOTHING, row=error.row)
    known = tree if isinstance(tree, Mapping) else {"data": tree}
    if "upstreamEdges" in known or "downstreamEdges" in known:
        _edges(known, tables)
        return None
    listed = [known] if "fullyQualifiedName" in known else _list(known.get("data"))
    if not listed:
        message = "it is no answer of OpenMetadata about tables or lineage"
        return told("FILE_NOT_READ", Severity.ERROR, document.file, message, NOTHING)
    for one in listed:
        _table(one, tables)
    return None


def _site(url: str) -> str:
    return re.sub(r"/(?:api(?:/.*)?)?$", "", url.partition("?")[0].rstrip("/"))


async def _get(session: Session, config: Described, url: str) -> Mapping[str, Any]:
    """The object that an address answers. Raises SourceError."""
    body = await session.fetch(url, headers=revealed(config), accept="application/json")
    try:
        tree = await asyncio.to_thread(parse_json, body.content)
    except NotTree as error:
        raise SourceError(f"{shown_address(url)} answers what is no OpenMetadata's answer: {error}") from None
    if not isinstance(tree, Mapping):
        raise SourceError(f"{shown_address(url)} answers, but not as an OpenMetadata does")
    return tree


def _dataset(name: Any) -> Dataset | None:
    """A table by its full name: the service is the namespace, what comes after it the name."""
    if not isinstance(name, str):
        return None
    parts = [quoted.replace('""', '"') or plain for quoted, plain in _PART.findall(name)]
    return Dataset(parts[0], ".".join(parts[1:])) if len(parts) > 1 else None


def _table(one: Any, tables: Tables) -> None:
    dataset = _dataset(one.get("fullyQualifiedName")) if isinstance(one, Mapping) else None
    if dataset is None:
        tables.tell("NO_NAME", "a table has no full name", "it was not taken")
        return
    table = tables.of(dataset)
    table.name = _text(one.get("displayName")) or _text(one.get("name"))
    table.abstract = _text(one.get("description"))
    owners = [*_list(one.get("owners")), one.get("owner")]
    table.owners = [name for owner in owners if isinstance(owner, Mapping) and (name := _text(owner.get("name")))]
    tags = (_text(tag.get("tagFQN")) for tag in _list(one.get("tags")) if isinstance(tag, Mapping))
    table.tags = [tag for tag in tags if tag]
    table.removed = one.get("deleted") is True
    table.columns = list(_columns(one.get("columns"), "", 0))


def _columns(listed: Any, prefix: str, depth: int) -> list[Column]:
    """The columns with those inside them, in order."""
    found: list[Column] = []
    for one in _list(listed):
        name = _text(one.get("name")) if isinstance(one, Mapping) else None
        if name is None:
            continue
        raw = _text(one.get("dataTypeDisplay")) or _text(one.get("dataType"))
        length = one.get("dataLength")
        said = tuple(text for key in ("displayName", "description") if (text := _text(one.get(key))))
        letter = words().data_type(raw or "") or words().data_type(_text(one.get("dataType")) or "")
        known = isinstance(length, int) and not isinstance(length, bool) and 0 < length < 2**53
        inner = _columns(one.get("children"), f"{prefix}{name}.", depth + 1) if depth < 12 else []
        found += inner or [Column(f"{prefix}{name}", letter, raw, length if known else None, said)]
    return found


def _edges(tree: Mapping[str, Any], tables: Tables) -> None:
    """The feeds of an answer about lineage."""
    nodes = [tree.get("entity"), *_list(tree.get("nodes"))]
    by_id = {
        str(node.get("id")): dataset
        for node in nodes
        if isinstance(node, Mapping) and node.get("type", "table") == "table"
        and (dataset := _dataset(node.get("fullyQualifiedName"))) is not None
    }  # fmt: skip
    for edge in [*_list(tree.get("upstreamEdges")), *_list(tree.get("downstreamEdges"))]:
        if not isinstance(edge, Mapping):
            continue
        start, end = (by_id.get(str(_id(edge.get(key)))) for key in ("fromEntity", "toEntity"))
        if start is None or end is None:
            continue
        details = edge.get("lineageDetails")
        details = details if isinstance(details, Mapping) else {}
        pipeline = details.get("pipeline")
        job = (
            _text(pipeline.get("fullyQualifiedName") or pipeline.get("name")) if isinstance(pipeline, Mapping) else None
        )
        tables.feeds.append(Feed(start, None, end, None, _text(details.get("sqlQuery")), job))
        for one in _list(details.get("columnsLineage")):
            if isinstance(one, Mapping):
                _column_feeds(one, start, end, job, tables)


def _column_feeds(one: Mapping[str, Any], start: Dataset, end: Dataset, job: str | None, tables: Tables) -> None:
    target = _within(one.get("toColumn"), end)
    for name in _list(one.get("fromColumns")):
        column = _within(name, start)
        if column is not None and target is not None:
            tables.feeds.append(Feed(start, column, end, target, _text(one.get("function")), job))


def _within(name: Any, dataset: Dataset) -> str | None:
    """A column by its full name, without the table's."""
    full = _dataset(name)
    if full is None or full.namespace != dataset.namespace or not full.name.startswith(f"{dataset.name}."):
        return None
    return full.name.removeprefix(f"{dataset.name}.")


def _id(entity: Any) -> Any:
    return entity.get("id") if isinstance(entity, Mapping) else entity


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None

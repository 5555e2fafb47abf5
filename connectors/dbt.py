"""dbt projects: a manifest.json, with the catalog.json beside it where there is one (docs/sources/dbt.md)."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import AfterValidator, Field

from connectors.config import Config, Files
from connectors.datasets import Met, Naming, field_id, resource_id
from connectors.dbt_manifest import NAMESPACES, Column, Manifest, Node, mapping, text
from connectors.documents import Document, documents
from connectors.harvest import without_login
from connectors.normalise import holds_password
from connectors.protocol import Input, not_taken
from connectors.sql_facts import Filters, Stating, dataset, named, shown_problem, unknown
from connectors.sql_lineage import Name, Script, read_sql
from connectors.sql_parse import check_dialect
from connectors.trees import outline
from graph.facts import Fact, Finding, Kind, Link, Place, Severity, Thing, is_id

__all__ = ["Dbt", "DbtConfig"]

LARGEST = 200_000_000
"""Bytes of the longest manifest or catalog."""

_SCHEMA = re.compile(r"/dbt/(manifest|catalog|run-results|sources)/v(\d+)\.json")
_MOST_PROBLEMS = 1_000
_NOT_READ = frozenset({"SQL_NOT_PARSED", "SQL_TOO_DEEP", "SQL_TOO_LONG"})


def _dialect(value: str | None) -> str | None:
    return None if value is None else check_dialect(value)


class DbtConfig(Files):
    """What a source of dbt manifests may say."""

    namespace: str | None = Field(
        None, min_length=1, description="Where the tables are, such as postgres://db1:5432; else the adapter's name."
    )
    dialect: Annotated[str | None, AfterValidator(_dialect)] = Field(
        None, description="Dialect of the SQL as sqlglot calls it; else the adapter's."
    )
    filters: Filters = Field(
        "fields",
        description="What a column that a filter, join or group uses is linked to: resources, fields, none",
    )


_DEFAULTS = DbtConfig.model_validate({"paths": ["."]})


class Dbt:
    """dbt manifests."""

    name: ClassVar[str] = "dbt"
    title: ClassVar[str] = "dbt manifest (and catalog)"
    config: ClassVar[type[Config]] = DbtConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given
        self._config = given.config if isinstance(given.config, DbtConfig) else _DEFAULTS

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is JSON that says that it is a manifest of dbt."""
        return _artifact(outline(path).inner.get("metadata", {})) == "manifest"

    @classmethod
    def explain(cls, path: Path) -> Finding | None:
        """Why another file of dbt is not taken."""
        what = _artifact(outline(path).inner.get("metadata", {}))
        if what in ("", "manifest"):
            return None
        done = "nothing was taken; import manifest.json, which takes the catalog.json beside it too"
        return not_taken(path, f"this is the {what} of a dbt project, which alone says nothing of lineage", done=done)

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """Tables with their columns, exposures, flows, then what was odd."""
        naming = Naming(self._given.rules, self._given.registered)
        async for document in documents(self._given, "", LARGEST):
            if isinstance(document, Finding):
                yield document
                continue
            tree = await asyncio.to_thread(_tree, document.content)
            if tree is None or _artifact(mapping(tree.get("metadata"))) != "manifest":
                message = "it is no proper JSON" if tree is None else "it is no manifest of dbt"
                done = "nothing was taken from it"
                yield Finding("FILE_NOT_READ", Severity.ERROR, Place(document.file), message, done)
                continue
            catalog, finding = await asyncio.to_thread(_catalog, document)
            if finding is not None:
                yield finding
            manifest = await asyncio.to_thread(Manifest, tree, catalog, self._config.dialect)
            project = _Project(manifest, document.file, self._config)
            for item in await project.items(naming):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Reads the manifests and counts what they hold."""
        said = []
        async for document in documents(self._given, "", LARGEST):
            if isinstance(document, Finding):
                said.append(f"{document.place.file}: {document.message}.")
                continue
            tree = await asyncio.to_thread(_tree, document.content) or {}
            found = Manifest(tree, {}, self._config.dialect)
            compiled = sum(bool(node.sql) for node in found.nodes.values())
            counts = f"{len(found.nodes):,} tables, {compiled:,} with compiled SQL"
            said.append(f"{document.file}: {counts}, project {found.project or 'without a name'}.")
        return said


class _Project:
    """What one manifest states."""

    def __init__(self, manifest: Manifest, file: str, config: DbtConfig) -> None:
        self._manifest = manifest
        self._file = file
        self._config = config
        self._namespace = config.namespace or _namespace(manifest.adapter)
        self._by_table = {node.table: node for node in manifest.nodes.values()}
        self._scripts: dict[str, Script] = {}
        self._met: dict[Name, Met] = {}
        self._stated: set[str] = set()
        self._secrets = 0

    async def items(self, naming: Naming) -> list[Fact | Finding]:
        """All of it."""
        await self._meet(naming, list(self._by_table))
        await asyncio.to_thread(self._read)
        others = {name for script in self._scripts.values() for name in named(script)} - self._met.keys()
        await self._meet(naming, sorted(others))
        return await asyncio.to_thread(lambda: list(self._items()))

    async def _meet(self, naming: Naming, names: Sequence[Name]) -> None:
        found = await naming.meet([dataset(self._namespace, name) for name in names])
        self._met |= {name: found[dataset(self._namespace, name)] for name in names}

    def _read(self) -> None:
        """The SQL of all models, those first that others come from, so that their columns are known."""
        for node in self._manifest.ordered():
            if not node.sql or node.language != "sql":
                continue
            sources = self._manifest.tables(node.depends)
            schema = {one.table: columns for one in sources if (columns := self._known(one))}
            script = read_sql(node.sql, self._manifest.dialect, schema, node.table[:-1], into=node.table)
            self._scripts[node.id] = script
            self._learn(node, script)

    def _known(self, node: Node) -> list[str]:
        """The columns of a table as `read_sql` wants them."""
        names = [column.name for column in node.columns.values()]
        if node.complete:
            return names
        registered = self._met[node.table].columns
        if registered and not names:
            return [column.code or column.name for column in registered]
        return [*names, "*"] if names else []

    def _learn(self, node: Node, script: Script) -> None:
        """The columns of a model that the catalog does not tell, from its SQL."""
        if node.complete:
            return
        for step in script.steps:
            if step.writes == node.table:
                for name in (*step.columns, *(flow.into for flow in step.flows if flow.into is not None)):
                    node.columns.setdefault(name.casefold(), Column(name))
                if step.columns and node.kind == "model":
                    order = dict.fromkeys([*(name.casefold() for name in step.columns), *node.columns])
                    node.columns = {key: node.columns[key] for key in order}
                    node.complete = True

    def _items(self) -> Iterator[Fact | Finding]:
        findings: list[Finding] = []
        for node in self._manifest.nodes.values():
            yield from self._table(node)
        for node in self._manifest.nodes.values():
            yield from self._flows(node, findings)
        yield from self._exposures()
        yield from findings[:_MOST_PROBLEMS]
        yield from self._notes(len(findings))

    def _table(self, node: Node) -> Iterator[Thing]:
        met, place = self._met[node.table], Place(self._file, column=node.id)
        if met.id == resource_id(dataset(self._namespace, node.table)) and met.id not in self._stated:
            self._stated.add(met.id)
            values: dict[str, Any] = {} if met.known else {"name": node.name}
            if described := self._safe(node.description):
                values["abstract"] = described
            values |= self._given()
            extra = dict(node.extra)
            if "dbt_tags" in extra:
                extra["dbt_tags"] = [tag for tag in extra["dbt_tags"] if self._safe(tag)]
            yield Thing(Kind.RESOURCE, met.id, values, place, extra=extra, given_id=False)
        there = {column.id for column in met.columns}
        for column in node.columns.values():
            id = met.field(column.name)
            if id in self._stated or id != field_id(met.id, column.name):
                continue
            self._stated.add(id)
            told = {
                "name": None if id in there else column.name,
                "resource": met.id,
                "raw_type": column.type or None,
                "position": column.position,
            }
            extra = {"description": described} if (described := self._safe(column.description)) else {}
            values = {key: value for key, value in told.items() if value is not None}
            yield Thing(Kind.FIELD, id, values, place, extra=extra, given_id=False)

    def _safe(self, said: str) -> str:
        """A text for people; nothing if it gives a password away."""
        if not holds_password(said):
            return said
        self._secrets += 1
        return ""

    def _given(self) -> dict[str, str]:
        given = {"provider": self._config.department, "system": self._config.system}
        return {key: value for key, value in given.items() if value is not None}

    def _flows(self, node: Node, findings: list[Finding]) -> Iterator[Fact]:
        """What flows into a table: by columns from its SQL, else from all that it depends on as a whole."""
        script = self._scripts.get(node.id)
        place = Place(self._file, column=node.id)
        for problem in script.problems if script is not None else ():
            message = f"line {problem.line} of the compiled SQL of {node.id}: {shown_problem(problem.message)}"
            broken = problem.code in _NOT_READ
            done = "linked as a whole to what it depends on" if broken else "taken as a flow of the tables as wholes"
            findings.append(Finding(problem.code, Severity.WARNING, place, message, done))
        steps = [step for step in script.steps if step.writes == node.table] if script is not None else []
        if steps:
            stating = Stating(self._met, node.id, self._config.filters)
            for step in steps:
                stating.add(step, place)
            for thing in stating.things(self._namespace, {}):
                if thing.kind is Kind.FIELD and thing.id not in self._stated:
                    self._stated.add(thing.id)
                    yield thing
            yield from stating.links()
        if not steps or (script is not None and any(problem.code in _NOT_READ for problem in script.problems)):
            for source in self._manifest.tables(node.depends):
                ends = self._met[source.table].id, self._met[node.table].id
                if ends[0] != ends[1]:
                    yield Link("FEEDS", *ends, {"job": node.id}, place)

    def _exposures(self) -> Iterator[Fact]:
        """Exposures are systems that read."""
        for id, node, tables in self._manifest.exposures():
            system = f"system:dbt/{id.removeprefix('exposure.')}"
            if not is_id(system):
                continue
            place = Place(self._file, column=id)
            owner = mapping(node.get("owner"))
            told = {
                "name": text(node.get("label")) or text(node.get("name")) or id,
                "description": self._safe(text(node.get("description"))),
                "department": self._config.department,
            }
            extra = {
                "dbt_id": id,
                "dbt_type": text(node.get("type")),
                "dbt_url": without_login(text(node.get("url"))),
                "dbt_maturity": text(node.get("maturity")),
                "dbt_owner": " ".join(filter(None, (text(owner.get("name")), text(owner.get("email"))))),
            }
            values = {key: value for key, value in told.items() if value}
            kept = {key: value for key, value in extra.items() if value}
            yield Thing(Kind.SYSTEM, system, values, place, extra=kept, given_id=False)
            for resource in dict.fromkeys(self._met[table.table].id for table in tables):
                yield Link("READS", resource, system, {"job": id}, place)

    def _notes(self, problems: int) -> Iterator[Finding]:
        """What is said once of the whole."""
        place = Place(self._file)
        manifest = self._manifest
        if problems > _MOST_PROBLEMS:
            left = problems - _MOST_PROBLEMS
            yield Finding("SQL_MORE", Severity.INFO, place, f"{left:,} more such findings", "the flows were taken")
        models = [node for node in manifest.nodes.values() if node.kind in ("model", "snapshot")]
        bare = [node.id for node in models if not node.sql and node.language == "sql"]
        if bare:
            message = f"{len(bare):,} models have no compiled SQL, such as {bare[0]}"
            done = "linked as wholes to what they depend on; run dbt compile or dbt docs generate for their columns"
            yield Finding("DBT_NOT_COMPILED", Severity.WARNING, place, message, done)
        if manifest.odd:
            message = f"{len(manifest.odd):,} nodes have no name, such as {manifest.odd[0]}"
            yield Finding("DBT_NODE_ODD", Severity.WARNING, place, message, "they were passed over")
        if self._secrets:
            message = f"{self._secrets:,} descriptions or tags give a password away"
            yield Finding("PASSWORD_IN_TEXT", Severity.WARNING, place, message, "they were not taken")
        if self._config.namespace is None and manifest.nodes:
            message = f"nobody says on which server the tables are; they are taken as in {self._namespace!r}"
            done = "set namespace for the source, such as postgres://db1:5432, so that other sources meet them"
            yield Finding("NAMESPACE_OPEN", Severity.INFO, place, message, done)
        places = dict.fromkeys(self._met, place)
        yield from unknown(self._met, self._by_table, self._namespace, places)


def _namespace(adapter: str) -> str:
    return NAMESPACES.get(adapter, adapter) or "dbt"


def _artifact(metadata: Mapping[str, Any]) -> str:
    """Which file of dbt it is, by what it says of itself."""
    found = _SCHEMA.search(text(metadata.get("dbt_schema_version")))
    return found[1] if found is not None else ""


def _tree(content: bytes) -> Mapping[str, Any] | None:
    try:
        tree = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None
    return tree if isinstance(tree, dict) else None


def _catalog(document: Document) -> tuple[Mapping[str, Any], Finding | None]:
    """The catalog beside a manifest, and what was wrong with it."""
    path = document.path.with_name("catalog.json") if document.path is not None else None
    if path is None or not path.is_file():
        return {}, None
    message = "the catalog beside the manifest is no proper JSON"
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        tree = _tree(content) if len(content) <= LARGEST else None
        if tree is not None and _artifact(mapping(tree.get("metadata"))) == "catalog":
            return tree, None
        if tree is not None:
            message = "the catalog.json beside the manifest is no catalog of dbt"
    except OSError as error:
        message = f"the catalog beside the manifest cannot be read: {error.strerror}"
    done = "the manifest was taken without it: types and the columns of sources may be missing"
    return {}, Finding("DBT_CATALOG_NOT_READ", Severity.WARNING, Place(document.file), message, done)

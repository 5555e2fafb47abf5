"""Files of SQL: scripts, views, procedures, to lineage of columns (docs/sources/sql.md)."""

import asyncio
import re
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from connectors.config import Config, Files
from connectors.datasets import Met, Naming
from connectors.documents import Document, documents, head
from connectors.protocol import Input
from connectors.sql_facts import Filters, Stating, dataset, named, problem_finding, schema_of, unknown
from connectors.sql_lineage import Name, Script, read_sql
from connectors.sql_parse import check_dialect
from graph.facts import Fact, Finding, Place, Severity

__all__ = ["SqlConfig", "SqlFiles"]

_LEAD = re.compile(r"(?:\s|--[^\n]*|#[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/|[(;])*+")
_BEGINS = re.compile(
    r"(?:SELECT|WITH|INSERT|CREATE|UPDATE|MERGE|DELETE|DROP|ALTER|REPLACE|USE|SET|BEGIN|DECLARE|TRUNCATE|DELIMITER|DO"
    r"|GRANT|COMMENT|START|FROM|PROMPT|COPY|VALUES|CACHE|REFRESH|PRAGMA|EXEC|EXECUTE|CALL|IF|GO|LOCK)\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"\b(?:SELECT\b[^;]{1,1000}?\bFROM\b|INSERT\s+(?:INTO|OVERWRITE)\s+(?:TABLE\s+)?\S{1,300}\s*(?:\(|SELECT|WITH|VALUES|SET|PARTITION|DEFAULT|TABLE|FROM)"
    r"|INSERT\s+(?:ALL|FIRST)\b|UPDATE\b[^;]{1,300}?\bSET\b|MERGE\s+INTO\b"
    r"|DELETE\s+FROM\b|WITH\s+(?:RECURSIVE\s+)?\S{1,200}\s+(?:\([^)]{0,2000}\)\s*)?AS\s*\(|TRUNCATE\s+TABLE\b"
    r"|(?:CREATE|ALTER|DROP)\s+(?:[\w=@`]+\s+){0,5}?(?:TABLE|VIEW|PROCEDURE|PROC|FUNCTION|TRIGGER|PACKAGE|INDEX"
    r"|SCHEMA|DATABASE|SEQUENCE|SYNONYM)\b)",
    re.IGNORECASE,
)


class SqlConfig(Files):
    """What a source of SQL files may say."""

    dialect: Annotated[str, AfterValidator(check_dialect)] = Field(
        "", description="Dialect as sqlglot calls it: postgres, mysql, oracle, tsql, hive, spark, snowflake, …"
    )
    namespace: str = Field("file", min_length=1, description="Where the tables are, such as postgres://db1:5432.")
    default: tuple[str, ...] = Field(
        (), max_length=3, description='Catalog and schema of tables that have none, such as ["people", "public"].'
    )
    job: str | None = Field(None, min_length=1, description="What the flows are made by; else the file's name.")
    filters: Filters = Field(
        "fields",
        description="What a column that a filter, join or group uses is linked to: resources, fields, none.",
    )


_DEFAULTS = SqlConfig.model_validate({"paths": ["."]})


class SqlFiles:
    """SQL files of any dialect."""

    name: ClassVar[str] = "sql"
    title: ClassVar[str] = "SQL scripts, views and procedures"
    config: ClassVar[type[Config]] = SqlConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given
        self._config = given.config if isinstance(given.config, SqlConfig) else _DEFAULTS

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the file is text that begins with a statement."""
        text = _decoded(head(path), cut=True)
        if text is None or "\x00" in text:
            return False
        lead = _LEAD.match(text)
        return _BEGINS.match(text, lead.end() if lead else 0) is not None and _STATEMENT.search(text) is not None

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """Tables that are created, flows between columns, then what was odd."""
        naming = Naming(self._given.rules, self._given.registered)
        async for document in documents(self._given, ""):
            if isinstance(document, Finding):
                yield document
                continue
            for item in await self._read(document, naming):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Reads the files and counts what they hold."""
        found = []
        async for document in documents(self._given, ""):
            if isinstance(document, Finding):
                found.append(f"{document.place.file}: {document.message}.")
                continue
            text = _decoded(document.content)
            script = await asyncio.to_thread(self._script, text or "", {})
            flows = sum(len(step.flows) for step in script.steps)
            counts = f"{len(script.steps):,} statements, {flows:,} flows, {len(script.problems):,} problems"
            found.append(f"{document.file}: {counts}." if text is not None else f"{document.file} is no text.")
        return found

    async def _read(self, document: Document, naming: Naming) -> list[Fact | Finding]:
        text = _decoded(document.content)
        if text is None or "\x00" in text:
            message = "the file is no text in UTF-8, UTF-16 or GB 18030"
            return [
                Finding("FILE_NOT_READ", Severity.ERROR, Place(document.file), message, "nothing was taken from it")
            ]
        config = self._config
        script = await asyncio.to_thread(self._script, text, {})
        met = await _meet(naming, config.namespace, named(script))
        schema = schema_of(met)
        if schema:
            script = await asyncio.to_thread(self._script, text, schema)
            met |= await _meet(naming, config.namespace, [name for name in named(script) if name not in met])
        return await asyncio.to_thread(self._items, script, met, document.file)

    def _script(self, text: str, schema: dict[Name, list[str]]) -> Script:
        return read_sql(text, self._config.dialect, schema, self._config.default)

    def _items(self, script: Script, met: Mapping[Name, Met], file: str) -> list[Fact | Finding]:
        config = self._config
        stating = Stating(met, config.job or file, config.filters)
        places: dict[Name, Place] = {}
        for step in script.steps:
            place = Place(file, row=step.line)
            stating.add(step, place)
            for name in (step.writes, *step.reads):
                if name is not None:
                    places.setdefault(name, place)
        given = {"provider": config.department, "system": config.system}
        defaults = {key: value for key, value in given.items() if value is not None}
        items: list[Fact | Finding] = list(stating.facts(config.namespace, defaults))
        items += [problem_finding(problem, file) for problem in script.problems]
        items += stating.columns_unknown()
        items += unknown(met, stating.created, config.namespace, places)
        return items


async def _meet(naming: Naming, namespace: str, names: Sequence[Name]) -> dict[Name, Met]:
    wanted = {name: dataset(namespace, name) for name in names}
    found = await naming.meet(wanted.values())
    return {name: found[one] for name, one in wanted.items()}


def _decoded(content: bytes, *, cut: bool = False) -> str | None:
    """The text of a file; `cut` says that only its beginning is there. Chinese systems write GB 18030 too."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if wide else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        decoder = getincrementaldecoder(encoding)()
        try:
            return decoder.decode(content, final=not cut)
        except UnicodeError:
            continue
    return None

"""Columns that flow by what a job's SQL says, for events that tell no column lineage themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from connectors.datasets import Dataset
from connectors.openlineage_json import text, text_or
from connectors.openlineage_state import MOST_FLOWS, Content
from connectors.sql_lineage import Name, Script, Step, read_sql

__all__ = ["LONGEST_SQL", "read_flows"]

LONGEST_SQL = 100_000
"""Characters of SQL that are read; a longer text is left alone."""

_DIALECTS: Mapping[str, str] = {
    "postgresql": "postgres",
    "sparksql": "spark",
    "spark_sql": "spark",
    "sqlserver": "tsql",
    "mssql": "tsql",
    "mariadb": "mysql",
    "awsathena": "athena",
    "unitycatalog": "databricks",
    "azurecosmos": "tsql",
}
"""sqlglot's names of what dialects and the schemes of namespaces are called; others are called the same."""

_Schema = tuple[tuple[Name, tuple[str, ...]], ...]


def read_flows(facet: Mapping[str, Any], path: str, content: Content, at: int) -> None:
    """Add the flows that the facet's SQL has between the datasets of `content`, seen at an instant.

    A table is the dataset whose name ends like the table's; what only selects is taken for what fills the only output.
    """
    query = text(facet, "query", path, 10_000_000)
    if len(query) > LONGEST_SQL or not content.outputs:
        return
    datasets = sorted({*content.inputs, *content.outputs})
    schema = tuple((_name(one), tuple(content.dataset(one).current())) for one in datasets)
    only = _name(next(iter(content.outputs))) if len(content.outputs) == 1 else None
    script = _read(query, _dialect(facet, datasets), tuple(one for one in schema if one[1]), only)
    named = {_name(one): one for one in datasets}
    outputs = {name: one for name, one in named.items() if one in content.outputs}
    for step in script.steps:
        target = None if step.writes is None else _meant(step.writes, outputs)
        if target is not None:
            _add(content, step, named, target, at)


def _add(content: Content, step: Step, named: Mapping[Name, Dataset], target: Dataset, at: int) -> None:
    """The flows of a step. What decides over all rows does so for every column that the step fills."""
    filled = list(dict.fromkeys([*step.columns, *(flow.into for flow in step.flows if flow.into is not None)]))
    for flow in step.flows:
        source = _meant(flow.source, named)
        if source is None or source == target or flow.column is None:
            continue
        column = _spelled(content, source, flow.column)
        for name in filled if flow.into is None else [flow.into]:
            if len(content.read) >= MOST_FLOWS:
                return
            into = _spelled(content, target, name)
            content.flow((source, column, target, into), flow.direct, [flow.expression[:1_000]], read=True)
            content.dataset(source).see(column, at)
            content.dataset(target).see(into, at)


def _dialect(facet: Mapping[str, Any], datasets: Sequence[Dataset]) -> str:
    """What the facet says, else the scheme of the datasets' namespaces where they agree."""
    said = text_or(facet, "dialect").strip().lower()
    schemes = {one.namespace.partition("://")[0].lower() for one in datasets}
    if not said and len(schemes) == 1:
        said = schemes.pop()
    return _DIALECTS.get(said, said)


@lru_cache(maxsize=1_000)
def _read(query: str, dialect: str, schema: _Schema, into: Name | None) -> Script:
    """The script; a job says the same on every run, so it is read once."""
    for said in dict.fromkeys((dialect, "")):
        try:
            return read_sql(query, said, dict(schema), into=into)
        except ValueError:  # there is no such dialect
            continue
    return Script((), ())


def _name(dataset: Dataset) -> Name:
    return tuple(part.strip('"`[]') for part in dataset.name.split("."))


def _meant(name: Name, datasets: Mapping[Name, Dataset]) -> Dataset | None:
    """The only dataset whose name ends like a table's, or the other way round."""
    found = {dataset for other, dataset in datasets.items() if _ends_alike(name, other)}
    return found.pop() if len(found) == 1 else None


def _ends_alike(one: Iterable[str], other: Iterable[str]) -> bool:
    pairs = list(zip(_backwards(one), _backwards(other), strict=False))
    return bool(pairs) and all(mine == theirs for mine, theirs in pairs)


def _backwards(parts: Iterable[str]) -> Iterator[str]:
    return reversed([part.casefold() for part in parts if part])


def _spelled(content: Content, dataset: Dataset, column: str) -> str:
    """The column as its dataset's schema writes it: SQL minds no case."""
    key = column.casefold()
    return next((name for name in content.dataset(dataset).columns if name.casefold() == key), column)

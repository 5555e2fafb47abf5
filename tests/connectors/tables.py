"""Makes tables as departments send them: lists of systems, demands, and workbooks of `registry template`."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from connectors.datasets import Column
from connectors.names import Named
from connectors.protocol import Input
from connectors.table import Table, TableConfig
from connectors.table_targets import targets
from graph.facts import Kind
from registry.templates.contents import SHEETS, Contents, Entry, Page
from registry.templates.workbook import write_template
from tests.connectors import workbooks as make

CITY = "jurisdiction:320900"

SYSTEMS = """\
系统名称,主管部门,系统功能,系统状态,系统编码,备注
社会救助管理系统,市民政局,受理、审核,在用,007,无
婚姻登记系统,市民政局,登记,停用,008,二期
就业登记系统,市人社局,登记,在用,009,
"""

DEMANDS: Sequence[Sequence[Any]] = (
    ("序号", "数据使用单位", "信息资源名称", "信息项名称", "数据用途说明"),
    (1, "市教育局", "低保对象信息", "姓名、身份证号", "学生资助"),
    (2, "市人社局", "婚姻登记信息", "姓名", "核对"),
)


def systems_csv(folder: Path, encoding: str = "utf-8") -> Path:
    """A list of systems as a text file."""
    path = folder / "systems.csv"
    path.write_bytes(SYSTEMS.encode(encoding))
    return path


def demands(folder: Path) -> Path:
    """A sheet of demands."""
    return make.workbook(folder / "demands.xlsx", {"需求": DEMANDS})


def page(kind: str, entries: Sequence[Entry] = ()) -> Page:
    """A sheet of a workbook to fill in."""
    columns = tuple(target for target in targets().values() if target.kind == kind and target.shown)
    return Page(kind, SHEETS[kind], columns, entries)


def entry(kind: str, id: str, *sources: str, **texts: str) -> Entry:
    """A row of such a sheet, by names of keys."""
    columns = page(kind).columns
    given = {"id": id, **texts}
    return Entry(id, sources, tuple(given.get(column.path.partition(".")[2], "") for column in columns))


def template(folder: Path) -> Path:
    """A workbook to fill in that has two entries."""
    entries = [entry("system", f"system:320900/{n}", "市民政局", name=f"系统{n}", status="在用") for n in "甲乙"]
    path = folder / "template.xlsx"
    with path.open("wb") as file:
        write_template(Contents([page("system", entries), page("resource")]), file)
    return path


class Names:
    """A registry that has these things by name, and these fields."""

    def __init__(
        self, named: Mapping[tuple[Kind, str], Sequence[Named]], fields: Mapping[str, Sequence[Column]]
    ) -> None:
        self._named, self._fields = named, fields
        self.asked: list[tuple[Kind, tuple[str, ...]]] = []

    async def named(self, kind: Kind, names: Sequence[str]) -> Mapping[str, Sequence[Named]]:
        self.asked.append((kind, tuple(names)))
        return {name: self._named[kind, name] for name in names if (kind, name) in self._named}

    async def called(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {}

    async def columns(self, ids: Sequence[str]) -> Mapping[str, Sequence[Column]]:
        return {id: self._fields[id] for id in ids if id in self._fields}


def pull(path: Path, mapping: Any = None, *, settings: Mapping[str, Any] | None = None, **given: Any) -> make.Pulled:
    """What the connector of tables states of a file."""
    config = TableConfig.model_validate(
        {"paths": [path], "mapping": mapping, "mappings": path.parent, **(settings or {})}
    )
    given.setdefault("registered", given.get("names"))
    connector = Table(Input([path], **{"zone": UTC, "source": "s", "jurisdiction": CITY, "config": config, **given}))

    async def collect() -> list[Any]:
        return [item async for item in connector.pull()]

    return make.Pulled(asyncio.run(collect()))


def columns(**headers: str | Sequence[str]) -> dict[str, Any]:
    """A mapping by header: what each column becomes."""
    return {
        "columns": [
            {"header": [header], "to": [to] if isinstance(to, str) else list(to)} for header, to in headers.items()
        ]
    }

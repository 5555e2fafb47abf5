"""Makes catalogue workbooks with the headers and the defects of real ones."""

import asyncio
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from connectors.catalogue import Catalogue
from connectors.protocol import Input
from graph.facts import Fact, Finding, Kind, Thing

AUDIT = "11320600014208013B"
ENVIRONMENT = "11320600014207854Q"
LAND = "113206000142071769"
YANCHENG = "11320900000000000N"
WRONG = "113206000142071000"

JIANGSU_TOP = (
    "政务服务数据提供方（必填项）",
    "提供方代码（必填项）",
    "审批结果（必填项）",
    "信息资源目录名称（必填项）",
    "信息资源目录提供方",
    None,
    "信息资源目录提供方代码（必填项）",
    "信息资源目录摘要（必填项）",
    None,
    None,
    "其他更新周期（更新周期为其他，此项为必填项）",
    "信息项信息",
    None,
    None,
    None,
    "目录编码",
)
JIANGSU_BELOW = (
    None,
    None,
    None,
    None,
    "信息资源目录提供方（必填项）",
    "提供方内部部门（选填项）",
    None,
    None,
    "共享条件（必填项）",
    "开放条件（是否向社会开放为是时，此项为必填项）",
    None,
    "信息项名称（必填项）",
    "数据类型（必填项）",
    "数据长度（必填项）",
    "来源系统名称(必填项)",
    None,
)
JIANGSU_MERGES = ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1", "G1:G2", "H1:H2", "K1:K2", "L1:O1", "P1:P2")
JIANGSU = (
    "data_provider",
    "data_provider_code",
    "result",
    "name",
    "provider",
    "office",
    "provider_code",
    "abstract",
    "share_condition",
    "open_condition",
    "cycle",
    "field",
    "type",
    "length",
    "system",
    "code",
)
JIANGSU_ROW = {
    "data_provider": "市审计局",
    "data_provider_code": AUDIT,
    "result": "审计报告",
    "name": "审计项目",
    "provider": "市审计局",
    "office": "综合处",
    "provider_code": AUDIT,
    "abstract": "审计项目的基本情况",
    "share_condition": "申请需审核",
    "open_condition": "依申请开放",
    "cycle": "每月",
    "field": "项目名称",
    "type": "nvarchar",
    "length": "255",
    "system": "审计管理系统",
    "code": AUDIT + "000000000000001",
}

GUANGDONG = (
    "信息资源编码",
    "信息资源",
    "分类",
    "摘要",
    "格式",
    "共享类型",
    "共享条件",
    "共享方式",
    "是否向社会开放",
    "开放条件",
    "更新周期",
    "关联信息系统",
    "关联业务事项",
    "管理方式",
    "备注",
    "数据范围",
    "所属处室",
    "所属部门",
    "信息项名称",
    "数据元编号",
)
GUANGDONG_ROW = dict(
    zip(
        GUANGDONG,
        (
            "3070220400053/000002",
            "企业登记信息",
            "基础信息资源/法人单位",
            "企业登记的基本情况",
            "数据库-mysql",
            "有条件共享",
            "用于行政审批",
            "共享平台方式-接口、数据库",
            "否",
            "无",
            "每日",
            "商事登记系统",
            "企业设立登记、企业变更登记",
            "集中管理",
            "无",
            "全市",
            "登记注册处",
            "市市场监管局",
            "企业名称",
            "DE0100010",
        ),
        strict=True,
    )
)

_NATIONAL = (
    "类|项|目|细目|信息资源名称|信息资源代码|提供方|提供方代码|摘要|格式分类|格式类型|信息项名称|数据类型|数据长度"
    "|共享类型|共享条件|共享方式分类|共享方式类型|是否向社会开放|开放条件|更新周期|发布日期|关联资源代码"
)
NATIONAL = tuple(_NATIONAL.split("|"))
NATIONAL_ROW = dict(
    zip(
        NATIONAL,
        (
            "部门信息资源",
            "盐城市",
            "市数据局",
            None,
            "人口基础信息",
            "3070150900001/000001",
            "市数据局",
            YANCHENG,
            "常住人口的基本情况",
            "数据库",
            "oracle",
            "姓名",
            "字符型C",
            "50",
            "有条件共享",
            "用于政务服务",
            "共享平台方式",
            "数据库",
            "否",
            None,
            "每日",
            "2018-06-20",
            "1010150000/000001、3070150900017/000003",
        ),
        strict=True,
    )
)

_NATIONAL_TOP = (
    "信息资源分类||||信息资源名称|信息资源代码|信息资源提供方||信息资源摘要|信息资源格式"
    "||信息项信息|||共享属性||||开放属性||更新周期|发布日期|关联资源代码"
)
_NATIONAL_BELOW = (
    "类|项|目|细目|||提供方|提供方代码||分类|类型|信息项名称|数据类型|数据长度"
    "|共享类型|共享条件|共享方式分类|共享方式类型|是否向社会开放|开放条件|||"
)
NATIONAL_TOP = [text or None for text in _NATIONAL_TOP.split("|")]
NATIONAL_BELOW = [text or None for text in _NATIONAL_BELOW.split("|")]
"""The national style in two rows, with groups of columns above."""

SYSTEMS = ("部门名称*", "系统名称*", "系统访问地址*", "系统功能说明*", "系统级别*", "数据库类型*", "系统所属网络*")

Fill = Callable[[Worksheet], None]


def workbook(path: Path, sheets: Mapping[str, Sequence[Any]], also: Fill | None = None) -> Path:
    """A workbook of plain sheets; `also` may still change the first."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if also is not None:
        also(book.worksheets[0])
    book.save(path)
    return path


def jiangsu_rows(*changes: Mapping[str, Any]) -> list[list[Any]]:
    """The two rows of headers and a row for each change of the usual one."""
    rows = [list(JIANGSU_TOP), list(JIANGSU_BELOW)]
    return rows + [[(JIANGSU_ROW | dict(change)).get(column) for column in JIANGSU] for change in changes]


def jiangsu(path: Path, *changes: Mapping[str, Any], also: Fill | None = None) -> Path:
    """A workbook of the Jiangsu layout. Data begin in row 3."""

    def merge(sheet: Worksheet) -> None:
        for cells in JIANGSU_MERGES:
            sheet.merge_cells(cells)
        if also is not None:
            also(sheet)

    return workbook(path, {"信息资源导入模板": jiangsu_rows(*changes)}, merge)


def guangdong(path: Path, *changes: Mapping[str, Any], also: Fill | None = None) -> Path:
    """A workbook of the Guangdong layout. Data begin in row 2."""
    rows = [[(GUANGDONG_ROW | dict(change)).get(column) for column in GUANGDONG] for change in changes]
    return workbook(path, {"信息资源": [GUANGDONG, *rows]}, also)


def national(path: Path, *changes: Mapping[str, Any], also: Fill | None = None) -> Path:
    """A workbook of the national style. Data begin in row 2."""
    rows = [[(NATIONAL_ROW | dict(change)).get(column) for column in NATIONAL] for change in changes]
    return workbook(path, {"政务信息资源目录": [NATIONAL, *rows]}, also)


class Pulled:
    """All that a pull yielded, easy to ask."""

    def __init__(self, items: Sequence[Fact | Finding]) -> None:
        self.items = items
        self.things = [item for item in items if isinstance(item, Thing)]
        self.findings = [item for item in items if isinstance(item, Finding)]

    def of(self, kind: Kind) -> list[Thing]:
        return [thing for thing in self.things if thing.kind == kind]

    def one(self, kind: Kind) -> Thing:
        (thing,) = self.of(kind)
        return thing

    def named(self, kind: Kind, name: str) -> Thing:
        (thing,) = [thing for thing in self.of(kind) if thing.values.get("name") == name]
        return thing

    def found(self, code: str) -> list[tuple[str, int | None, str]]:
        """Where a finding was made: sheet, row, letter of the column."""
        return [
            (found.place.sheet, found.place.row, found.place.column.split(" ")[0])
            for found in self.findings
            if found.code == code
        ]

    def finding(self, code: str) -> Finding:
        (found,) = [found for found in self.findings if found.code == code]
        return found

    def codes(self) -> set[str]:
        return {found.code for found in self.findings}


def pull(*paths: Path, **given: Any) -> Pulled:
    """What the catalogue connector states of these files."""

    async def collect() -> list[Fact | Finding]:
        return [item async for item in Catalogue(Input(paths, **{"zone": UTC, **given})).pull()]

    return Pulled(asyncio.run(collect()))


def rezip(path: Path, entries: Mapping[str, bytes]) -> Path:
    """A workbook's archive with some entries put in place of its own."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | dict(entries)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="NAME">ROWS</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def ods(path: Path, name: str, rows: Sequence[Sequence[str]]) -> Path:
    """An OpenDocument workbook of one sheet of texts."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ["".join(map(cell.format, row)) for row in rows]
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", _ODS.replace("NAME", name).replace("ROWS", body))
        archive.writestr("META-INF/manifest.xml", _MANIFEST.replace("KIND", kind))
    return path


_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="KIND"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""

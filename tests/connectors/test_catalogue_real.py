"""The real city catalogue, whose rows were counted by an independent program (DOMAIN §2).

Not run unless REGISTRY_TEST_CATALOGUE names the workbook. Where a number differs from that count,
`docs/catalogue.md` says which is right and why; the count's own number is derived here as well.
"""

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from connectors.catalogue import Catalogue
from graph.facts import Kind
from tests.connectors import workbooks as make

FILE = os.environ.get("REGISTRY_TEST_CATALOGUE")
pytestmark = pytest.mark.skipif(not FILE, reason="not run: set REGISTRY_TEST_CATALOGUE to the real catalogue workbook")
SHEET = "信息资源导入模板"


@pytest.fixture(scope="module")
def pulled() -> make.Pulled:
    return make.pull(Path(str(FILE)))


def values(pulled: make.Pulled, code: str) -> Counter[str | None]:
    return Counter(found.value for found in pulled.findings if found.code == code)


def test_it_is_recognised() -> None:
    assert Catalogue.recognises(Path(str(FILE)))


def test_every_row_is_counted(pulled: make.Pulled) -> None:
    """12,027 rows: each is a field, a field's second row, or kept with its resource."""
    fields = pulled.of(Kind.FIELD)
    twice = sum(len(thing.raw["rows"]) - 1 for thing in fields if "rows" in thing.raw)
    kept = sum(len(thing.raw.get("rows", ())) for thing in pulled.of(Kind.RESOURCE))
    assert (len(fields), twice, kept) == (11_672, 66, 289)
    assert len(fields) + twice + kept == 12_027


def test_providers_and_codes(pulled: make.Pulled) -> None:
    resources = pulled.of(Kind.RESOURCE)
    assert len({thing.values["provider"] for thing in resources}) == 68
    assert len({thing.values["code"] for thing in resources}) == len(resources) == 2_335


def test_systems_are_those_of_the_providers_and_the_one_of_the_list(pulled: make.Pulled) -> None:
    assert len(pulled.of(Kind.SYSTEM)) == 194 + 1
    assert len(pulled.of(Kind.DEPARTMENT)) == 68 + 1


@pytest.mark.parametrize(
    ("code", "times"),
    [
        ("USCC_CHECK", 2),
        ("CYCLE_UNKNOWN", 141),
        ("LENGTH_NOT_WHOLE", 282),
        ("FIELD_TWICE", 66),
        ("FIELDS_IN_ONE_CELL", 130),
        ("SHARE_TYPE_MISSING", 2_335),
        ("NAME_IS_SYSTEM", 39),
    ],
)
def test_findings_are_as_often_as_counted(pulled: make.Pulled, code: str, times: int) -> None:
    assert sum(values(pulled, code).values()) == times


def test_placeholders_of_systems_are_2021_and_149_that_say_other(pulled: make.Pulled) -> None:
    assert values(pulled, "SYSTEM_PLACEHOLDER") == {"无": 1_556, "*": 465, "其他": 149}
    assert 1_556 + 465 == 2_021


def test_placeholders_of_fields_are_282_and_7_that_say_nothing_or_other(pulled: make.Pulled) -> None:
    assert values(pulled, "FIELD_PLACEHOLDER") == {"*": 282, "无": 5, "其他": 2}


def test_names_of_several_providers_are_178_with_the_two_placeholders(pulled: make.Pulled) -> None:
    assert len(values(pulled, "NAME_USED_BY_SEVERAL")) == 178 - 2
    silent = values(pulled, "NAME_PLACEHOLDER")
    providers = {
        name: {thing.values["provider"] for thing in pulled.of(Kind.RESOURCE) if thing.values["name"] == name}
        for name in ("无", "其他")
    }
    assert set(silent) == {"无", "其他"}
    assert all(len(found) > 1 for found in providers.values())


def test_provider_and_name_with_several_codes_are_271_with_the_placeholders(pulled: make.Pulled) -> None:
    silent = Counter(
        thing.values["provider"] + "|" + thing.values["name"]
        for thing in pulled.of(Kind.RESOURCE)
        if thing.values["name"] in ("无", "其他")
    )
    several = sum(times > 1 for times in silent.values())
    assert sum(values(pulled, "SEVERAL_CODES").values()) + several == 271
    assert several == 14


def test_181_rows_are_of_resources_named_nothing(pulled: make.Pulled) -> None:
    nothing = {thing.id for thing in pulled.of(Kind.RESOURCE) if thing.values["name"] == "无"}
    rows = sum(
        len(thing.raw.get("rows", [0])) for thing in pulled.of(Kind.FIELD) if thing.values["resource"] in nothing
    )
    kept = sum(len(thing.raw.get("rows", ())) for thing in pulled.of(Kind.RESOURCE) if thing.id in nothing)
    assert rows + kept == 181


def test_other_sheets_are_named(pulled: make.Pulled) -> None:
    assert {sheet for sheet, _, _ in pulled.found("SHEET_NOT_READ")} == {
        "说明", "二、权力清单参照表", "三、电子证照调查表", "字典 (2)", "字典", "五、信息资源需求调查表",
    }  # fmt: skip
    assert pulled.named(Kind.SYSTEM, "全国低保系统").place.sheet == "一、业务系统参照表"


def test_every_finding_of_a_row_names_its_sheet_row_and_column(pulled: make.Pulled) -> None:
    rows = [found for found in pulled.findings if found.code not in ("SHEET_NOT_READ", "SHEET_HIDDEN")]
    assert all(found.place.sheet and found.place.row and found.place.column for found in rows)


def test_it_is_read_in_well_under_three_seconds_of_work() -> None:
    started = time.process_time()
    make.pull(Path(str(FILE)))
    assert time.process_time() - started < 3

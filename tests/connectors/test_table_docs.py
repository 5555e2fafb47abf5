"""The pages of tables say what the code does."""

import re
import tomllib
from pathlib import Path

from connectors import table_csv, table_findings, table_once
from connectors.table import SURE, TableConfig
from connectors.table_findings import RULES
from connectors.table_mapping import built_in, load_mapping
from graph import entries
from registry import altered
from registry.templates import contents

DOCS = Path(__file__).parents[2] / "docs" / "sources"
TABLE = (DOCS / "table.md").read_text(encoding="utf-8")
TEMPLATE = (DOCS / "template.md").read_text(encoding="utf-8")


def _rows(after: str) -> list[list[str]]:
    """The cells of the table that follows a mark, without its head."""
    lines = TABLE.split(after)[1].strip().split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_the_page_has_every_finding_as_the_code_has_it() -> None:
    expected = [
        [f"`{code}`", rule.severity, rule.title, rule.explains.replace("*", "\\*").replace("|", "\\|")]
        for code, rule in RULES.items()
    ]
    assert _rows("<!-- findings: compared with the connector's by a test -->") == expected


def test_the_page_has_every_setting_as_the_class_has_it() -> None:
    told = {row[0].strip("`"): row[1:] for row in _rows("<!-- settings: compared with the class by a test -->")}
    assert set(told) == set(TableConfig.model_fields)
    for name, one in TableConfig.model_fields.items():
        default = "needed" if one.is_required() else "none" if one.default is None else f"`{one.default}`"
        assert told[name] == [one.description, default]


def test_the_page_has_every_mapping_that_is_built_in_and_its_example_can_be_used() -> None:
    for name in built_in():
        assert f"| `{name}` |" in TABLE
    example = next(text for text in re.findall(r"```toml\n(.*?)```", TABLE, re.S) if "[[columns]]" in text)
    assert load_mapping(tomllib.loads(example), "example").sheet == "系统清单"


def test_the_pages_have_the_limits() -> None:
    limits = (
        table_csv.LONGEST_LINE, table_csv.LONGEST_CELL, table_csv.MOST_COLUMNS, table_csv.MOST_OPEN,
        table_once.REMEMBERED, table_findings.MOST,
    )  # fmt: skip
    for limit in limits:
        assert f"| {limit:,}" in TABLE
    assert f"at least {SURE}" in TABLE
    for said in (
        f"{entries.MOST:,} entries",
        f"{contents.MOST_LISTED:,} departments",
        f"first {altered.MOST:,} things",
    ):
        assert said in TEMPLATE

"""The user's page says what the code does."""

from pathlib import Path

from connectors.catalogue_findings import RULES
from connectors.catalogue_workbook import LIMITS

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def findings_table() -> str:
    """The table of findings as it stands in the page."""
    lines = ["| code | severity | what | what it means and what is done |", "|---|---|---|---|"]
    for code, rule in RULES.items():
        means = rule.explains.replace("*", "\\*").replace("|", "\\|")
        lines.append(f"| `{code}` | {rule.severity} | {rule.title} | {means} |")
    return "\n".join(lines)


def test_the_page_has_every_finding_as_the_code_has_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    written = page.split("compared by a test -->\n")[1].split("\n<!-- end of findings -->")[0]
    assert written == findings_table()


def test_the_page_has_the_limits() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for said in (
        f"{LIMITS.file_bytes // 10**6} MB",
        f"{LIMITS.unpacked_bytes // 10**9} GB",
        f"{LIMITS.ratio} times",
        f"{LIMITS.entries:,}, {LIMITS.sheets}",
        f"{LIMITS.rows:,} that are not blank, {LIMITS.columns}",
        f"{LIMITS.cells // 10**6} million, {LIMITS.characters // 10**6} million",
        f"{LIMITS.memory_bytes / 10**9} GB, {LIMITS.seconds // 60} minutes",
    ):
        assert said in page, said

"""`registry diff` as its users meet it: the answer of the API, as JSON or in a table."""

from typing import Any

import pytest

from tests.registry.importing import facts_file
from tests.registry.running import Commands

CREDIT = "resource:320900/市发改委/法人信用档案信息"
NODE = """id kind name depth whole more resource { id name } system { id name } department { id name }
  jurisdiction { id name }"""
EDGE = "source target count precise flow jobs agreements"
REASONS = """changes { name before after } reasons { why at thing { id name }
  link { source { id name } target { id name } flow job validFrom } sources changes { name before after } }"""
SIDE = "asOf knownAt nodes edges complete stoppedBy reachedDepth"
DIFF = f"""query ($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!, $from: DateTime, $to: DateTime,
               $reads: Boolean!, $budget: BudgetInput) {{
  lineageDiff(ids: $ids, direction: $direction, level: $level, depth: $depth, from: $from, to: $to, reads: $reads,
              budget: $budget) {{
    nodes {{ differs id kind name before {{ {NODE} }} after {{ {NODE} }} {REASONS} }}
    edges {{ differs source target flow gone come before {{ {EDGE} }} after {{ {EDGE} }} {REASONS} }}
    before {{ {SIDE} }} after {{ {SIDE} }} complete stoppedBy hiddenCount sequence }} }}"""
QUESTIONS: list[tuple[list[str], dict[str, Any]]] = [
    (["--direction", "upstream", "--depth", "2"], {"direction": "UPSTREAM", "depth": 2}),
    (
        ["--level", "field", "--depth", "30", "--direction", "both"],
        {"level": "FIELD", "depth": 30, "direction": "BOTH"},
    ),
    (["--level", "system", "--dependencies", "--depth", "9"], {"level": "SYSTEM", "reads": True, "depth": 9}),
    (["--direction", "upstream", "--max-nodes", "4"], {"direction": "UPSTREAM", "budget": {"maxNodes": 4}}),
]


def test_the_command_line_compares_as_the_api_does(sample: Commands) -> None:
    days = {"from": "2018-06-30", "to": "2020-07-01"}
    with sample.serving() as service:
        for options, asked in QUESTIONS:
            plain = {"ids": [CREDIT], "direction": "DOWNSTREAM", "level": "RESOURCE", "depth": 5, "reads": False}
            told = service.ask(DIFF, **{**plain, **days, **asked})
            assert "errors" not in told, told
            done = sample.run("diff", CREDIT, "--from", days["from"], "--to", days["to"], *options, "--format", "json")
            assert done.status == 0, done.err
            assert done.json == told["data"]["lineageDiff"]
            assert done.json["nodes"] or options[0] == "--level"


def test_the_table_says_what_differs_why_and_whether_it_is_all(commands: Commands) -> None:
    """Times are in the registry's time zone; only some of many reasons are told."""
    fields = [f"{name}/{number}" for name in "甲乙" for number in range(4)]
    facts = [
        *({"fact": "resource", "id": name, "name": f"{name}表"} for name in "甲乙丙丁"),
        *({"fact": "field", "id": id, "name": id, "resource": id[0]} for id in fields),
        *(
            {"fact": "feeds", "from": f"甲/{number}", "to": f"乙/{number}", "valid_from": "2020-01-01"}
            for number in range(4)
        ),
        {"fact": "feeds", "from": "甲", "to": "丙", "job": "夜间", "valid_to": "2020-01-01"},
        {"fact": "feeds", "from": "乙", "to": "丙", "valid_from": "2020-01-01"},
        {"fact": "feeds", "from": "甲", "to": "丁", "job": "甲方", "valid_to": "2020-01-01"},
        {"fact": "feeds", "from": "甲", "to": "丁", "job": "乙方", "valid_from": "2020-01-01T08:30:00"},
    ]
    assert commands.run("import", facts_file(commands.here / "facts.jsonl", facts)).status == 0
    done = commands.run("diff", "甲", "--from", "2019-01-01", "--to", "2021-01-01")
    assert done.status == 0, done.err
    rows = [" ".join(row.split()) for row in done.out.splitlines()]
    assert "+ RESOURCE 乙表 reached now 乙" in rows
    assert "~ RESOURCE 丙表 depth 1 → 2 reached otherwise 丙" in rows
    assert "+ 甲表 乙表 FEEDS +4 began 2020-01-01 甲/0 → 乙/0; began 2020-01-01 甲/1 → 乙/1; 2 more" in rows
    assert "- 甲表 丙表 FEEDS -1 ended 2020-01-01 甲表 → 丙表 (夜间)" in rows
    altered = "ended 2020-01-01 甲表 → 丁表 (甲方); began 2020-01-01 08:30:00 甲表 → 丁表 (乙方)"
    assert f"~ 甲表 丁表 FEEDS +1 -1 jobs 甲方 → 乙方 {altered}" in rows
    assert rows[-1].startswith("Complete: 2 nodes and 4 edges differ")
    cut = commands.run("diff", "甲", "--from", "2019-01-01", "--to", "2021-01-01", "--max-nodes", "3").out
    assert "✂ Cut" in cut
    assert "beyond the cut was not compared (farther: --max-nodes)" in " ".join(cut.split())
    assert "(?) may lie there" in " ".join(cut.split())
    same = commands.run("diff", "甲", "--from", "2021-01-01", "--to", "2022-01-01").out.splitlines()
    assert same[-1].startswith("Complete: 0 nodes and 0 edges differ")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ([], "--known-from"),
        (["--from", "2021-01-01", "--to", "2020-01-01"], "--from must not be after --to"),
        (["--known-from", "2021-01-01", "--known-to", "2020-01-01"], "--known-from must not be after"),
        (["--from", "gestern"], "--from"),
        (["--from", "2020-01-01", "--depth", "-1"], "depth"),
    ],
)
def test_what_cannot_be_compared_is_wrong_usage(commands: Commands, options: list[str], word: str) -> None:
    done = commands.run("diff", "甲", *options)
    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert word in done.err


def test_ids_that_nobody_knows_are_refused_and_named(sample: Commands) -> None:
    done = sample.run("diff", CREDIT, "resource:nobody", "--from", "2019-01-01", "--format", "json")
    assert done.status == 1
    assert "resource:nobody" in done.json["errors"][0]["message"]
    assert done.json["errors"][0]["extensions"]["code"] == "NOT_FOUND"

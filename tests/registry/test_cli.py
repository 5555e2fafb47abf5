"""The command line as its users meet it: real processes, exit codes, what is on which stream."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import typer.main

import registry.commands
import resolvers
from registry.cli import app
from tests.registry.running import MAIN, SAMPLE, Commands

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
NAMES = list(COMMANDS)
GROUPED = [f"{name} {below}" for name, command in COMMANDS.items() for below in getattr(command, "commands", {})]
REPORT = "resource:320900/市发改委/企业公共信用报告"
MARK = "field:320900/市公安局/户籍人口基本信息/死亡标识"


def test_all_commands_of_the_contract_are_there() -> None:
    assert set(NAMES) >= {"demo", "serve", "import", "export", "schema", "lineage", "paths", "sources", "doctor"}


def test_a_command_does_not_wait_for_the_schema_or_for_drivers_of_databases() -> None:
    """They take longer to import than most commands to answer."""
    folder = Path(registry.commands.__file__).parent
    modules = sorted(f"registry.commands.{path.stem}" for path in folder.glob("[!_]*.py"))
    script = f"import sys, {', '.join(modules)}\nfrom connectors.protocol import connectors\nconnectors()\n"
    script += "print(*{'strawberry', 'psycopg', 'pymysql'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout.split() == []


@pytest.mark.parametrize("name", [*NAMES, *GROUPED])
def test_every_command_has_help_with_an_example(commands: Commands, name: str) -> None:
    done = commands.run(*name.split(), "--help")
    assert done.status == 0
    assert f"Example: registry {name}" in done.out
    assert not done.err


@pytest.mark.parametrize("name", [*NAMES, *GROUPED])
def test_an_option_that_does_not_exist_is_wrong_usage(commands: Commands, name: str) -> None:
    done = commands.run(*name.split(), "--nonsense")
    assert done.status == 2
    assert f"registry {name} --help" in done.err
    assert "Traceback" not in done.err
    assert not done.out


def test_without_a_command_it_shows_the_commands_and_is_wrong_usage(commands: Commands) -> None:
    done = commands.run()
    assert done.status == 2
    assert "lineage" in done.err


def test_help_takes_well_under_a_second(commands: Commands) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    commands.run("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.8


def test_lineage_as_json_has_the_shape_of_the_api(sample: Commands) -> None:
    answer = sample.run("lineage", REPORT, "--direction", "upstream", "--format", "json").json
    assert list(answer) == ["nodes", "edges", "complete", "stoppedBy", "reachedDepth", "hiddenCount", "sequence"]
    node, edge = answer["nodes"][0], answer["edges"][0]
    assert list(node) == [
        *("id", "kind", "name", "depth", "whole", "more"),
        *("resource", "system", "department", "jurisdiction"),
    ]
    assert list(edge) == ["source", "target", "count", "precise", "flow", "jobs", "agreements"]
    assert node["id"] == REPORT
    assert node["department"] == {"id": "department:320900/市发改委", "name": "盐城市发展和改革委员会"}
    assert "resource:320900/市政务服务办/行政许可决定信息" in {each["id"] for each in answer["nodes"]}


def test_an_unknown_id_is_refused_and_named(sample: Commands) -> None:
    done = sample.run("lineage", REPORT, "resource:nobody", "system:either", "--format", "json")
    assert done.status == 1
    assert "resource:nobody, system:either" in done.err
    [error] = done.json["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--depth", "1001"], "depth"),
        (["--max-nodes", "0"], "maxNodes"),
        (["--as-of", "yesterday"], "--as-of"),
        (["--level", "planet"], "--level"),
        (["--direction", "sideways"], "--direction"),
        (["--stop-at", ""], "stopAt"),
        (["--only-share-type", "secret"], "--only-share-type"),
    ],
)
def test_a_value_that_means_nothing_is_wrong_usage_and_starts_no_engine(
    commands: Commands, arguments: list[str], named: str
) -> None:
    done = commands.run("lineage", REPORT, *arguments, "--format", "json")
    assert done.status == 2
    assert named in done.err
    assert done.json["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert not commands.data.exists()


def test_an_element_is_no_start(sample: Commands) -> None:
    done = sample.run("lineage", "element:国标/公民身份号码", "element:GB11643", "--format", "json")
    assert done.status == 1
    assert done.json["errors"][0]["extensions"]["code"] in {"BAD_INPUT", "NOT_FOUND"}


def test_filters_are_those_of_the_api(sample: Commands) -> None:
    ask = ("lineage", REPORT, "--direction", "upstream", "--depth", "10", "--format", "json")
    base, market = "system:320900/市数据局/法人库", "department:320900/市市场监管局"
    free = sample.run(*ask).json
    bound = sample.run(*ask, "--through", base, "--stop-at", market, "--only-jurisdiction", "jurisdiction:320900").json
    there = {(node["system"] or {}).get("id") for node in free["nodes"]}
    assert base in there
    assert base not in {(node["system"] or {}).get("id") for node in bound["nodes"]}
    assert bound["complete"]
    stopped = {node["id"] for node in bound["nodes"] if (node["department"] or {}).get("id") == market}
    assert stopped
    assert not stopped & {edge["target"] for edge in bound["edges"]}
    seen = sample.run(*ask, "--show-department", market, "--show-flow", "feeds", "--only-flow", "feeds").json
    assert {node["department"]["id"] for node in seen["nodes"]} == {market}
    assert (seen["complete"], seen["reachedDepth"]) == (free["complete"], free["reachedDepth"])
    refused = sample.run(*ask, "--only-element", base, "--stop-at", "nobody")
    assert (refused.status, refused.json["errors"][0]["extensions"]["code"]) == (1, "BAD_INPUT")


def test_the_tree_shows_a_cycle_and_does_not_hide_that_it_was_cut(sample: Commands) -> None:
    whole = sample.run("lineage", MARK, "--level", "field", "--depth", "20")
    assert "↺ back to" in whole.out
    assert "Complete:" in whole.out
    cut = sample.run("lineage", MARK, "--level", "field", "--depth", "2")
    assert "✂ Cut" in cut.out
    assert "--depth 4 goes farther" in cut.out
    few = sample.run("lineage", MARK, "--level", "field", "--max-nodes", "3")
    assert "--max-nodes allows more" in few.out


def test_the_tree_of_both_ways_has_two_parts(sample: Commands) -> None:
    middle = "resource:320900/市数据局/人口基础信息"
    out = sample.run("lineage", middle, "--direction", "both", "--depth", "1").out
    upstream, _, downstream = out.partition("▶ downstream")
    assert "─◀ 户籍人口基本信息" in upstream
    assert "─▶ 网格人口核实信息" in downstream
    table = sample.run("lineage", middle, "--direction", "both", "--depth", "1", "--format", "table").out
    assert "户籍人口基本信息" in table


def test_times_pick_what_was_valid(sample: Commands) -> None:
    ask = ("lineage", REPORT, "--direction", "upstream", "--level", "resource", "--format", "json")
    then = {node["name"] for node in sample.run(*ask, "--as-of", "2019-06-01").json["nodes"]}
    now = {node["name"] for node in sample.run(*ask).json["nodes"]}
    assert "纳税信用等级信息" in now - then


def test_a_reader_that_stops_early_makes_no_noise(sample: Commands) -> None:
    with subprocess.Popen(
        [*MAIN, "lineage", "jurisdiction:320900", "--level", "field", "--max-nodes", "10000", "--format", "json"],
        cwd=sample.here,
        env=sample.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_file_that_is_none_is_refused_with_a_finding(commands: Commands) -> None:
    picture = commands.here / "picture.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(100))
    done = commands.run("import", picture, "--report", "findings.json")
    assert done.status == 1
    assert "PNG picture" in done.out
    assert json.loads((commands.here / "findings.json").read_bytes())["findings"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "nothing-there.jsonl", "--as", "telepathy"],
        ["import", str(SAMPLE), "--withdraw-share", "2"],
        ["import", str(SAMPLE), "--report", "report.docx"],
        ["import", str(SAMPLE), "--report", "no/such/folder/report.json"],
        ["export", "no/such/folder/all.jsonl"],
        ["import", str(SAMPLE), "--source", "a\nb"],
        ["import", str(SAMPLE), "--source", ""],
        ["import", str(SAMPLE), "--source", "x" * 301],
        ["import", str(SAMPLE), "--source", "registry"],
        ["lineage", ""],
    ],
)
def test_what_cannot_be_done_is_wrong_usage(commands: Commands, arguments: list[str]) -> None:
    done = commands.run(*arguments)
    assert done.status == 2, done.err
    assert len(done.err.splitlines()) == 1


def test_a_file_without_rights_is_left_to_the_import_which_takes_the_others() -> None:
    [command] = [command for command in app.registered_commands if command.name == "import"]
    assert command.callback is not None
    [_, argument] = get_args(get_type_hints(command.callback, include_extras=True)["paths"])
    assert argument.readable is False


def test_an_export_to_a_folder_names_it_and_the_way_out(commands: Commands) -> None:
    (commands.here / "backups").mkdir()
    done = commands.run("export", "backups")
    assert done.status == 2
    assert "backups is a folder" in done.err
    assert "backups/all.jsonl" in done.err
    assert not commands.data.exists()


def test_a_file_may_say_what_the_registry_states_itself(commands: Commands) -> None:
    file = commands.here / "own.jsonl"
    file.write_text('{"fact":"system","id":"s","name":"s","source":"registry"}\n', encoding="utf-8")
    assert commands.run("import", file).status == 0


def test_a_second_import_changes_nothing(sample: Commands) -> None:
    report = sample.run("import", SAMPLE, "--source", "sample", "--format", "json").json
    assert {sum(counts[act] for counts in report["counts"].values()) for act in ("added", "changed", "withdrawn")} == {
        0
    }
    assert sum(counts["unchanged"] for counts in report["counts"].values()) == 1256


def test_an_export_can_be_imported_and_answers_the_same(sample: Commands, commands: Commands) -> None:
    done = sample.run("export", commands.here / "all.jsonl", "--format", "json")
    assert done.json["lines"] == len((commands.here / "all.jsonl").read_text("utf-8").splitlines())
    assert commands.run("import", "all.jsonl").status == 0
    ask = ("lineage", MARK, "--level", "field", "--direction", "both", "--depth", "9", "--format", "json")
    here, there = (each.run(*ask).json | {"sequence": 0} for each in (sample, commands))
    assert here == there


def test_sources_lists_who_states_what(sample: Commands) -> None:
    found = {source["id"]: source for source in sample.run("sources", "--format", "json").json["sources"]}
    assert found["sample"]["connector"] == "exchange"
    assert found["sample"]["things"] > 800
    assert "亭湖公安分局报送" in sample.run("sources").out


def test_doctor_finds_nothing_wrong(sample: Commands) -> None:
    done = sample.run("doctor", "--format", "json")
    assert done.status == 0
    assert done.json["ok"] is True
    assert "✓ graph" in sample.run("doctor").out


def test_doctor_ends_with_1_and_says_what_to_do(commands: Commands) -> None:
    done = commands.run("doctor", REGISTRY_GRAPH_URL="bolt://127.0.0.1:1")
    assert done.status == 1
    assert "→" in done.out


def test_a_graph_that_does_not_answer_is_one_sentence_and_a_way_out(commands: Commands) -> None:
    done = commands.run("sources", "--format", "json", REGISTRY_GRAPH_URL="bolt://127.0.0.1:1")
    assert done.status == 1
    assert "Nothing answers at bolt://127.0.0.1:1" in done.err
    assert "REGISTRY_GRAPH_URL" in done.err
    assert "Traceback" not in done.err
    assert done.json["errors"][0]["extensions"]["code"] == "INTERNAL"


def test_a_setting_that_cannot_be_is_wrong_usage(commands: Commands) -> None:
    done = commands.run("sources", REGISTRY_PROJECTION_MB="much")
    assert done.status == 2
    assert "REGISTRY_PROJECTION_MB" in done.err


def test_a_setting_that_is_none_is_a_note(sample: Commands) -> None:
    done = sample.run("sources", REGISTRY_DATE="x")
    assert done.status == 0
    assert "REGISTRY_DATA" in done.err


def test_chinese_comes_out_whole_in_a_locale_that_does_not_know_it(sample: Commands) -> None:
    done = sample.run("lineage", REPORT, "--depth", "0", "--format", "json", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert done.json["nodes"][0]["name"] == "企业公共信用报告"
    assert sample.run("lineage", REPORT, PYTHONIOENCODING="ascii").status == 0


def test_the_sample_is_part_of_the_package() -> None:
    assert Path(SAMPLE).is_file()


def test_schema_prints_the_committed_schema(commands: Commands) -> None:
    done = commands.run("schema")
    assert done.status == 0
    assert done.out == (Path(resolvers.__file__).parent / "schema.graphql").read_text(encoding="utf-8")

"""The exchange connector: which lines are facts, and what is said about those that are not."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.exchange import LONGEST, Exchange
from connectors.protocol import Input, recognise
from graph.facts import Fact, Finding, Kind, Link, Severity, Thing, as_instant

ZONE = ZoneInfo("Asia/Shanghai")


async def pull(path: Path) -> tuple[list[Fact], list[Finding]]:
    said = [item async for item in Exchange(Input([path], zone=ZONE)).pull()]
    facts = [item for item in said if not isinstance(item, Finding)]
    return facts, [item for item in said if isinstance(item, Finding)]


def write(folder: Path, *lines: dict[str, Any] | bytes) -> Path:
    path = folder / "facts.jsonl"
    path.write_bytes(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )
    return path


async def one_thing(folder: Path, **line: Any) -> Thing:
    facts, findings = await pull(write(folder, line))
    assert findings == []
    [thing] = facts
    assert isinstance(thing, Thing)
    return thing


async def test_a_line_is_a_thing_with_the_keys_that_it_states(tmp_path: Path) -> None:
    thing = await one_thing(tmp_path, fact="field", id="f1", name="身份证号", resource="r1", length=18, element=None)
    assert (thing.kind, thing.id, thing.given_id, thing.place.row) == (Kind.FIELD, "f1", True, 1)
    assert thing.values == {"name": "身份证号", "resource": "r1", "length": 18, "element": None}


async def test_a_bare_date_is_the_start_of_that_day_in_the_zone(tmp_path: Path) -> None:
    thing = await one_thing(tmp_path, fact="system", id="s", valid_from="2026-01-01", valid_to="2026-01-02T00:00:00Z")
    start = int(datetime(2025, 12, 31, 16, tzinfo=UTC).timestamp()) * 1_000_000
    assert thing.values == {"valid_from": start, "valid_to": as_instant("2026-01-02T00:00:00Z", UTC)}


async def test_feeds_go_from_source_to_user_and_reads_from_the_resource_to_the_system(tmp_path: Path) -> None:
    facts, findings = await pull(
        write(
            tmp_path,
            {"fact": "feeds", "from": "a", "to": "b", "job": "夜间同步", "influence": "DIRECT"},
            {"fact": "reads", "system": "s", "resource": "r"},
        )
    )
    assert findings == []
    assert facts[0] == Link("FEEDS", "a", "b", {"job": "夜间同步", "influence": "DIRECT"}, facts[0].place)
    assert facts[1] == Link("READS", "r", "s", {}, facts[1].place)


async def test_source_is_who_states_it_but_an_elements_department(tmp_path: Path) -> None:
    thing = await one_thing(tmp_path, fact="system", id="s", source="省平台")
    assert (thing.source, thing.values) == ("省平台", {})
    element = await one_thing(tmp_path, fact="element", id="e", source="department:320900/公安局", stated_by="省平台")
    assert (element.source, element.values) == ("省平台", {"source": "department:320900/公安局"})


async def test_unknown_keys_are_kept_and_told_once_with_their_number(tmp_path: Path) -> None:
    lines = [{"fact": "system", "id": f"s{n}", "colour": {"r": n}} for n in range(3)]
    facts, findings = await pull(write(tmp_path, *lines))
    assert [fact.extra for fact in facts] == [{"colour": {"r": n}} for n in range(3)]
    [finding] = findings
    assert (finding.code, finding.severity, finding.place.column) == ("UNKNOWN_KEY", Severity.INFO, "colour")
    assert "3 times" in finding.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"fact":"system","id":"s"', "NOT_JSON"),
        (b'{"fact":"system","id":"s\xff"}', "BROKEN_UTF8"),
        (b'{"fact":"system","id":"a\x00b"}', "NOT_JSON"),
        (b"[1]", "NOT_AN_OBJECT"),
        (b'"fact"', "NOT_AN_OBJECT"),
        (b'{"fact":"table","id":"t"}', "UNKNOWN_FACT"),
        (b'{"fact":["system"],"id":"t"}', "UNKNOWN_FACT"),
        (b'{"id":"t"}', "UNKNOWN_FACT"),
        (b'{"fact":"system","name":"x"}', "BAD_ID"),
        (b'{"fact":"system","id":""}', "BAD_ID"),
        (b'{"fact":"system","id":7}', "BAD_ID"),
        (b'{"fact":"system","id":"a\\u0000b"}', "BAD_ID"),
        (json.dumps({"fact": "system", "id": "x" * 10_000}).encode(), "BAD_ID"),
        (b'{"fact":"feeds","from":"a"}', "BAD_ID"),
        (b'{"fact":"reads","resource":"a"}', "BAD_ID"),
        (b'{"fact":"feeds","from":"a","to":"b","valid_from":"2026-01-02","valid_to":"2026-01-02"}', "BAD_INTERVAL"),
        (b'{"fact":"system","id":"s","valid_from":"2026-01-02","valid_to":"2026-01-01"}', "BAD_INTERVAL"),
        (b'{"fact":"feeds","from":"a","to":"b","valid_from":"soon"}', "BAD_VALUE"),
        (b'{"fact":"feeds","from":"a","to":"b","job":["x"]}', "BAD_VALUE"),
        (b"[" * 100_000, "NOT_JSON"),
        (b'{"fact":"system","id":"s","x":' + b'{"x":' * 990 + b"1" + b"}" * 991, "NOT_JSON"),
        (b'{"fact":"system","id":"s","id":"t"}', "DUPLICATE_KEY"),
        (b'{"fact":"system","id":"' + b"x" * LONGEST + b'"}', "LINE_TOO_LONG"),
    ],
)
async def test_a_line_that_is_no_fact_is_refused_with_its_number(tmp_path: Path, line: bytes, code: str) -> None:
    good = {"fact": "system", "id": "good"}
    facts, findings = await pull(write(tmp_path, good, line, good))
    assert [fact.place.row for fact in facts] == [1, 3]
    [finding] = findings
    assert (finding.code, finding.severity, finding.place.row) == (code, Severity.ERROR, 2)
    assert finding.message
    assert len(finding.message) < 400
    assert len(finding.value or "") <= 201


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("length", "eighteen"),
        ("length", True),
        ("aliases", [1]),
        ("resource", "a\u0000b"),
        ("resource", 12),
        ("share_type", "OPEN"),
        ("name", {"zh": "x"}),
        ("name", "长" * 100_000),
        ("valid_to", "2026-13-01"),
    ],
)
async def test_a_wrong_value_is_left_out_and_kept_as_raw(tmp_path: Path, key: str, value: Any) -> None:
    facts, [finding] = await pull(write(tmp_path, {"fact": "field", "id": "f", "code": "c", key: value}))
    [thing] = facts
    assert isinstance(thing, Thing)
    assert thing.values == {"code": "c"}
    assert thing.raw.keys() == {key}
    assert (finding.code, finding.severity, finding.place.column) == ("BAD_VALUE", Severity.WARNING, key)


async def test_a_value_nested_too_deeply_is_left_out(tmp_path: Path) -> None:
    deep = b"[" * 600 + b"]" * 600
    line = b'{"fact":"system","id":"s","money":' + deep + b',"own":' + deep + b"}"
    [thing], findings = await pull(write(tmp_path, line))
    assert (thing.values, thing.extra) == ({}, {})
    assert [finding.code for finding in findings] == ["BAD_VALUE", "BAD_VALUE", "UNKNOWN_KEY"]


async def test_empty_lines_a_byte_order_mark_and_windows_line_ends_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"fact":"system","id":"s"}\r\n\r\n  \n{"fact":"system","id":"t"}')
    facts, findings = await pull(path)
    assert findings == []
    assert [fact.place.row for fact in facts] == [1, 4]
    assert recognise(path) is Exchange


@pytest.mark.parametrize("content", [b'{"name": "x"}\n', b'[{"a": 1}]', b"\x89PNG\r\n\x1a\n", b"a,b\n1,2\n", b""])
def test_other_content_is_not_recognised_whatever_the_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(content)
    found = recognise(path)
    assert isinstance(found, Finding)
    assert found.severity is Severity.ERROR


def test_a_bad_first_line_does_not_hide_the_format(tmp_path: Path) -> None:
    assert recognise(write(tmp_path, b"\xff\xfe", {"fact": "system", "id": "s"})) is Exchange


async def test_a_file_that_goes_away_is_a_finding(tmp_path: Path) -> None:
    facts, [finding] = await pull(tmp_path / "gone.jsonl")
    assert facts == []
    assert (finding.code, finding.severity) == ("FILE_UNREADABLE", Severity.ERROR)


@pytest.mark.parametrize(
    "line",
    [
        b'{"fact":"resource","id":"dup1","id":"dup2","name":"x"}',
        b'{"fact":"system","id":"a" , "id"  :  "b"}',
        b'{"fact":"system","id"\t:"a","id":"b"}',
        b'{"fact":"system","id":"a","\\u0069d":"b"}',
        b'{"fact":"system","id":"s","money":{"id":1,"id":2}}',
        b'{"fact":"system","id":"s","own":[[{"a":{"id":1,"b":2,"id":1}}]]}',
        b'{"fact":"system","id":"s","fact":"resource","id":"s"}',
    ],
)
async def test_a_key_that_one_object_holds_twice_is_named_with_its_line(tmp_path: Path, line: bytes) -> None:
    facts, [finding] = await pull(write(tmp_path, {"fact": "system", "id": "good"}, line))
    assert len(facts) == 1
    assert (finding.code, finding.severity, finding.place.row) == ("DUPLICATE_KEY", Severity.ERROR, 2)
    assert finding.place.column in {"id", "fact"}
    assert f"the key {finding.place.column} " in finding.message


@pytest.mark.parametrize(
    "line",
    [
        b'{"fact":"system","id":"s","money":{"id":1,"fact":2},"own":[{"id":1},{"id":1}]}',
        b'{"fact" : "system" , "id"\t: "s"}',
        b'{"fact":"system","id":"s","name":"\\"id\\":1 \\"id\\":"}',
        b'{"fact":"system","id":"s","own":{"n":' + b"9" * 300 + b"}}",
    ],
)
async def test_keys_of_different_objects_and_words_in_texts_are_not_twice(tmp_path: Path, line: bytes) -> None:
    [fact], findings = await pull(write(tmp_path, line))
    assert isinstance(fact, Thing)
    assert fact.id == "s"
    assert {finding.code for finding in findings} <= {"UNKNOWN_KEY", "BAD_VALUE"}

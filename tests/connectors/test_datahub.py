"""DataHub's metadata files: proposals and events, schemas, lineage."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.datahub import DataHub
from connectors.datasets import Rule
from graph.facts import Kind, Link
from tests.connectors.sources import CASES, codes, fields, links, read, things

FILE = CASES / "datahub" / "metadata.json"
URN = "urn:li:dataset:(urn:li:dataPlatform:a,b,PROD)"
PERSON, GRANTS = "resource:postgres/people.public.person", "resource:hive/dw.grants"


async def test_datasets_with_schemas_are_resources_with_fields() -> None:
    items = await read(DataHub, FILE)
    resources = things(items, Kind.RESOURCE)
    assert {id: thing.values["name"] for id, thing in resources.items()} == {PERSON: "人口", GRANTS: "dw.grants"}
    assert resources[PERSON].values["abstract"] == "人口基本信息"
    assert resources[PERSON].extra == {"namespace": "postgres", "owners": ["people"]}
    found = fields(items, PERSON)
    assert {name: one.values["data_type"] for name, one in found.items()} == {
        "id_card": "C",
        "name": "M",
        "address.city": "C",
    }
    assert found["id_card"].values["aliases"] == ["身份证号"]
    assert list(fields(items, GRANTS)) == ["holder", "amount"]
    assert codes(items) == ["PASSWORD_IN_TEXT"]
    assert "Abc12345" not in repr(items)


async def test_lineage_is_feeds_of_tables_and_of_columns() -> None:
    items = await read(DataHub, FILE)
    person, grants = PERSON.replace("resource", "field", 1), GRANTS.replace("resource", "field", 1)
    assert links(items) == {
        (PERSON, GRANTS),
        (f"{person}/id_card", f"{grants}/holder"),
        (f"{person}/name", f"{grants}/holder"),
    }
    said = {link.values.get("transformation") for link in items if isinstance(link, Link)}
    assert said == {None, "CONCAT(name, id_card)"}


async def test_rules_say_which_resource_a_dataset_is() -> None:
    rule = Rule(namespace="postgres", name="people.public.*", resource="resource:320900/{1}")
    items = await read(DataHub, FILE, rules=[rule])
    assert "resource:320900/person" in things(items, Kind.RESOURCE)
    assert ("field:320900/person/id_card", "field:hive/dw.grants/holder") in links(items)


@pytest.mark.parametrize(
    "entry",
    [
        7, None, {}, {"entityUrn": 5, "aspectName": 6}, {"proposedSnapshot": {"x": 1}}, {"proposedSnapshot": []},
        {"entityUrn": URN, "aspectName": "schemaMetadata", "aspect": {"value": "{"}},
        {"entityUrn": URN, "aspectName": "schemaMetadata",
         "aspect": {"json": {"fields": [3, {}, {"fieldPath": 5}, {"fieldPath": "x", "type": {"type": []}}]}}},
        {"entityUrn": URN, "aspectName": "upstreamLineage",
         "aspect": {"json": {"upstreams": [{"dataset": 5}], "fineGrainedLineages": [{"upstreams": [1]}, 2]}}},
    ],
)  # fmt: skip
async def test_entries_of_any_shape_are_taken_or_told(tmp_path: Path, entry: Any) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps([entry]))
    items = await read(DataHub, path)
    assert set(codes(items)) <= {"NOT_A_CHANGE"}
    assert not links(items)


async def test_what_is_no_list_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    for text in ("{}", "{", "7"):
        path.write_text(text)
        assert codes(await read(DataHub, path)) == ["FILE_NOT_READ"]


def test_a_file_is_recognised() -> None:
    assert DataHub.recognises(FILE)
    assert not DataHub.recognises(CASES / "openmetadata" / "tables.json")

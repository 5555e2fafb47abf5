"""What is written as DCAT is read back as the same facts, in every form, in flat memory."""

import asyncio
import re
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import RDF, Namespace

from connectors.dcat import Dcat
from connectors.dcat_out import Record, dcat
from connectors.normalise import clean_name
from connectors.rdf import parse_rdf
from connectors.rdf_out import MEDIA_TYPES, Form
from graph.facts import Kind
from tests.connectors.sources import findings, read, things

BASE = "https://registry.example.gov.cn"
RECORDS: list[Record] = [
    {
        "fact": "department", "id": "department:320900/市民政局", "name": "盐城市民政局", "uscc": "113209000142483050",
        "jurisdiction": "jurisdiction:320900", "short_name": "市民政局", "aliases": ["民政局"], "order": 3,
    },
    {
        "fact": "system", "id": "system:320900/市民政局/低保系统", "name": "低保系统", "code": "db", "status": "LIVE",
        "department": "department:320900/市民政局", "description": "办理低保", "networks": ["EXTRANET", "INTRANET"],
    },
    {
        "fact": "resource", "id": "resource:320900/低保#1?", "name": "低保对象信息", "code": "3070150900001/000001",
        "provider": "department:320900/市民政局", "system": "system:320900/市民政局/低保系统",
        "share_type": "CONDITIONAL", "secrecy": "INTERNAL", "abstract": '他说："你好"\n<b>\\&</b>',
        "update_cycle": "HALF_YEARLY",
        "classification": "社会保障、救助", "published": "2024-05-01", "format_types": ["csv", "库表"], "open": False,
        "duties": ["甲", "乙"], "share_methods": ["DATABASE"], "aliases": ["低保"], "share_condition": "依申请",
        "fields": [
            {"id": "field:320900/低保/身份证号", "name": "身份证号", "raw_type": "varchar(18)", "data_type": "C",
             "length": 18, "aliases": ["公民身份号码"]},
            {"id": "field:320900/低保/金额", "name": "金额", "data_type": "N"},
        ],
    },
    {"fact": "resource", "id": "resource:https://elsewhere.example/ds/1", "name": "外部", "secrecy": "PUBLIC",
     "share_type": "UNCONDITIONAL", "update_cycle": "OTHER", "update_cycle_text": "三年一次"},
    {"fact": "resource", "id": "resource:55555555-aaaa-4bbb-8ccc-000000000005"},
    {"fact": "field", "id": "field:x", "name": "passed over"},
]  # fmt: skip
FORMS: Sequence[Form] = tuple(MEDIA_TYPES)


def expected(record: Record) -> dict[str, Any]:
    """A record's values as they come back: what names nothing is named by its id."""
    values = {key: value for key, value in record.items() if key not in ("fact", "id", "fields")}
    values.setdefault("name", record["id"])
    return {key: sorted(value) if isinstance(value, list) else value for key, value in values.items()}


def written(folder: Path, form: Form, records: Sequence[Record]) -> Path:
    path = folder / f"catalogue.{form}"
    path.write_text("".join(dcat(records, form, base=BASE, title="目录")), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
async def test_what_is_written_is_read_back_as_the_same_facts(tmp_path: Path, form: Form) -> None:
    items = await read(Dcat, written(tmp_path, form, RECORDS))
    assert not findings(items)
    for kind in (Kind.DEPARTMENT, Kind.SYSTEM, Kind.RESOURCE):
        found = {
            id: {key: sorted(value) if isinstance(value, list) else value for key, value in thing.values.items()}
            for id, thing in things(items, kind).items()
        }
        assert found == {record["id"]: expected(record) for record in RECORDS if record["fact"] == kind.value}
    found = {id: dict(thing.values) for id, thing in things(items, Kind.FIELD).items()}
    resource = "resource:320900/低保#1?"
    first, second = RECORDS[2]["fields"]
    assert found == {
        first["id"]: {**without_id(first), "resource": resource, "position": 1},
        second["id"]: {**without_id(second), "resource": resource, "position": 2, "raw_type": "N"},
    }


def without_id(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "id"}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_a_dcat_catalogue_for_others(tmp_path: Path, form: Form) -> None:
    graph, _ = parse_rdf(written(tmp_path, form, RECORDS).read_bytes(), media_type=MEDIA_TYPES[form])
    words = Namespace("http://www.w3.org/ns/dcat#")
    terms = Namespace("http://purl.org/dc/terms/")
    (catalogue,) = graph.subjects(RDF.type, words.Catalog)
    datasets = set(graph.objects(catalogue, words.dataset))
    assert datasets == set(graph.subjects(RDF.type, words.Dataset))
    assert len(datasets) == 3
    for node in (catalogue, *datasets):
        assert graph.value(node, terms.title)
        assert graph.value(node, terms.description)
    for part in graph.subjects(RDF.type, words.Distribution):
        assert graph.value(part, words.accessURL)


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=TEXT,
    local=TEXT,
    abstract=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    form=st.sampled_from(FORMS),
)
def test_any_text_comes_back(tmp_path: Path, name: str, local: str, abstract: str, form: Form) -> None:
    id = f"resource:x{local}y"
    path = written(tmp_path, form, [{"fact": "resource", "id": id, "name": f"n{name}n", "abstract": abstract}])
    items = asyncio.run(read(Dcat, path))
    assert {one.code for one in findings(items)} <= {"PASSWORD_IN_TEXT"}
    (thing,) = things(items, Kind.RESOURCE).values()
    title = clean_name(f"n{name}n")
    assert thing.values["name"] == title
    assert thing.id == f"resource:{clean_name(f'x{local}y')}"
    told = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", abstract).strip()
    assert thing.values.get("abstract") in {told or None, None if told == f"n{name}n" or findings(items) else told}


def test_a_long_catalogue_is_written_in_flat_memory() -> None:
    def records() -> Iterator[Record]:
        for at in range(20_000):
            yield {"fact": "resource", "id": f"resource:{at}", "name": f"资源{at}", "abstract": "说明" * 20}

    tracemalloc.start()
    total = sum(len(piece) for piece in dcat(records(), "turtle", base=BASE, title="目录"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 5_000_000
    assert peak < 2_000_000

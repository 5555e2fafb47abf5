"""The real demands, elements, labels and tasks (DOMAIN §8), read without any hand work.

Not run unless REGISTRY_TEST_DATA names the folder that has them.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from connectors.table import Table
from connectors.table_sheets import open_table
from connectors.table_suggest import suggest_sheet
from graph.facts import Kind
from tests.connectors import tables

FOLDER = Path(os.environ.get("REGISTRY_TEST_DATA") or "/nowhere")
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="not run: set REGISTRY_TEST_DATA to the folder of real data"
)

FILES = ["demands.xlsx", "elements.xlsx", "element-labels.csv", "element-pool.csv", "yancheng-tasks.csv"]


@pytest.mark.parametrize("name", FILES)
def test_each_is_recognised(name: str) -> None:
    assert Table.recognises(FOLDER / name)


def test_the_catalogue_is_not_a_table() -> None:
    assert not Table.recognises(FOLDER / "catalogue.xlsx")


@pytest.mark.parametrize("name", FILES)
def test_what_headers_suggest_is_what_the_built_in_mapping_says(name: str) -> None:
    sheet = open_table(FOLDER / name, peek=True).sheets[0]
    suggested = suggest_sheet(sheet).mapping()
    assert suggested is not None
    by_hand = tables.pull(FOLDER / name)
    by_headers = tables.pull(FOLDER / name, suggested.model_dump())
    assert by_hand.items
    assert [(thing.id, thing.values) for thing in by_headers.things] == [
        (thing.id, thing.values) for thing in by_hand.things
    ]


def test_all_demands_are_agreements_that_are_asked_for() -> None:
    pulled = tables.pull(FOLDER / "demands.xlsx")
    demands = pulled.of(Kind.AGREEMENT)
    assert len(demands) == 18
    assert {thing.values["status"] for thing in demands} == {"SUBMITTED"}
    assert all("consumer" in thing.values for thing in demands)
    assert sum("purpose" in thing.values for thing in demands) == 9
    assert all(thing.extra for thing in demands)


def test_all_elements_have_their_source() -> None:
    pulled = tables.pull(FOLDER / "elements.xlsx")
    elements = pulled.of(Kind.ELEMENT)
    assert len(elements) == 650
    assert sum("source" in thing.values for thing in elements) == 650 - _without_source()


def _without_source() -> int:
    rows = open_table(FOLDER / "elements.xlsx", peek=False).sheets[0].rows[1:]
    return sum(len(cells) < 4 or not str(cells[3] or "").strip() or cells[3] == "无" for _, cells in rows)


def test_all_labels_are_fields_that_represent_an_element() -> None:
    pulled = tables.pull(FOLDER / "element-labels.csv")
    assert len(pulled.of(Kind.FIELD)) == 2_802
    assert all("element" in thing.values for thing in pulled.of(Kind.FIELD))


def test_all_of_the_pool_but_the_quotation_mark_are_elements() -> None:
    pulled = tables.pull(FOLDER / "element-pool.csv")
    assert len(pulled.of(Kind.ELEMENT)) == 2_739
    assert [found.value for found in pulled.findings if found.code == "ROW_WITHOUT_KEY"] == ['"']


def test_all_18_tasks_are_told() -> None:
    pulled = tables.pull(FOLDER / "yancheng-tasks.csv")
    assert Counter(found.code for found in pulled.findings)["TASK_NOT_TAKEN"] == 18
    assert pulled.things == []

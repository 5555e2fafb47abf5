"""Two gateways join the registry with two small subgraphs: the cases of `tests/cases/gateways/`, asked through both."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.registry.npm import node
from tests.registry.running import SAMPLE, Commands

CASES = Path(__file__).parent.parent / "cases" / "gateways"
GATEWAYS = ("apollo", "hive")
LIVELY = ("hive", "sockets")

Case = Mapping[str, Any]

pytestmark = pytest.mark.slow


def resources() -> list[dict[str, Any]]:
    """The resources of the sample."""
    facts = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    return [fact for fact in facts if fact["fact"] == "resource"]


def many() -> Case:
    """All resources of the sample by id, and one that is unknown."""
    known = resources()
    ids = [*(resource["id"] for resource in known), "resource:nothing"]
    told: list[Any] = [{"id": resource["id"], "name": resource["name"], "stars": 4} for resource in known]
    return {
        "says": "many things are one request",
        "query": "query($ids: [ID!]!) { starred(ids: $ids) { id name stars } }",
        "variables": {"ids": ids},
        "data": json.dumps({"starred": [*told, None]}),
        "unknown": [["starred", len(known)]],
        "asked": [len(ids)],
    }


def places() -> Case:
    """References in more places of a document than it may have root fields: some gateways make them just that."""
    numbers = range(40)
    selected = " ".join(f'p{number}: permit(id: "p1") {{ issuer {{ n{number}: name }} }}' for number in numbers)
    return {
        "says": "references in many places of a document",
        "query": f"{{ {selected} }}",
        "data": json.dumps({f"p{number}": {"issuer": {f"n{number}": "盐城市公安局"}} for number in numbers}),
        "asked": [1] * len(numbers),
        "hive": {"asked": [len(numbers)]},
    }


ALL: list[Case] = [many(), places()]
ALL += [case for file in sorted(CASES.glob("*.toml")) for case in tomllib.loads(file.read_text("utf-8"))["case"]]


FIELDS: Case = {"query": '{ __type(name: "DataElement") { fields { name } } }'}
"""What gateways tell of a type."""


@pytest.fixture(scope="module")
def answers(packages: Path, sample: Commands) -> dict[str, list[Any]]:
    """What each gateway answered to each case."""
    sent = ("query", "variables", "operationName", "events")
    given = [{name: case[name] for name in sent if name in case} for case in (*ALL, FIELDS)]
    with sample.serving() as service:
        told = node(packages, "gateways.mjs", service.url, given=json.dumps(given))
    return {one["gateway"]: one["answers"] for one in told}


def failures(answer: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """The errors that the registry told, by path and code; and what is null because the registry does not know it.

    The latter the gateways tell in their own ways, by the first field that could not be null: Apollo's in
    `extensions.valueCompletion`, the other among the errors.
    """
    errors = answer.get("errors", [])
    ours = [
        {"path": error.get("path", []), "code": error["extensions"]["code"]}
        for error in errors
        if error.get("extensions", {}).get("serviceName") == "registry"
    ]
    completed = answer.get("extensions", {}).get("valueCompletion", [])
    others = [error for error in errors if error.get("extensions", {}).get("serviceName") != "registry"]
    return ours, sorted([error["path"][:-1] for error in [*others, *completed]], key=str)


ASKED = [(number, gateway) for number, case in enumerate(ALL) for gateway in GATEWAYS if "events" not in case]
LIVE = [(number, gateway) for number, case in enumerate(ALL) for gateway in LIVELY if "events" in case]


def named(asked: Sequence[tuple[int, str]]) -> list[str]:
    """What the tests are called."""
    return [f"{ALL[number]['says']}, {gateway}".replace(" ", "-") for number, gateway in asked]


@pytest.mark.parametrize(("number", "gateway"), ASKED, ids=named(ASKED))
def test_a_gateway_answers(answers: dict[str, list[Any]], number: int, gateway: str) -> None:
    case = {**ALL[number], **ALL[number].get(gateway, {})}
    told = answers[gateway][number]
    assert told["answer"].get("data") == json.loads(case["data"])
    assert failures(told["answer"]) == (case.get("errors", []), case.get("unknown", []))
    assert told["asked"] == case["asked"]


@pytest.mark.parametrize(("number", "gateway"), LIVE, ids=named(LIVE))
def test_a_gateway_passes_events_on(answers: dict[str, list[Any]], number: int, gateway: str) -> None:
    expected = [{"data": event} for event in json.loads(ALL[number]["data"])]
    assert answers[gateway][number]["answer"] == expected


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_nobody_has_looked_through_is_not_told_by_gateways(answers: dict[str, list[Any]], gateway: str) -> None:
    told = {field["name"] for field in answers[gateway][-1]["answer"]["data"]["__type"]["fields"]}
    assert {"id", "extra"} <= told
    assert "raw" not in told

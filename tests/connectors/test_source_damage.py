"""Documents with odd values at odd places are taken or told, never raise, and state valid facts only."""

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.ckan import Ckan
from connectors.datahub import DataHub
from connectors.dcat import Dcat
from connectors.graphql_api import GraphQLApi
from connectors.openapi import OpenApi
from connectors.openmetadata import OpenMetadata
from connectors.protocol import Connector
from graph.facts import Finding, Thing
from tests.connectors.sources import CASES, read
from tests.connectors.test_conformance import check_fact

SAMPLES: list[tuple[type[Connector], str]] = [
    (OpenApi, "openapi/permits.json"),
    (OpenApi, "openapi/people.yaml"),
    (GraphQLApi, "graphql/introspection.json"),
    (Ckan, "ckan/package_search.json"),
    (Dcat, "dcat/city.jsonld"),
    (Dcat, "dcat/catalog.jsonld"),
    (DataHub, "datahub/metadata.json"),
    (OpenMetadata, "openmetadata/tables.json"),
    (OpenMetadata, "openmetadata/lineage.json"),
]
ODD: list[Any] = [
    None, 0, -1, True, "", [], {}, "x" * 400, "\u0000", {"$ref": "#"}, {"$ref": "#/paths"}, {"$ref": 5}, [[]], [None],
    {"": {}}, 1e308, "https://u:p@h/x", {"type": "object"}, [{"type": []}], {"name": {}}, "\u202e",
]  # fmt: skip


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree where a value stands."""
    found: list[tuple[Any, Any]] = []
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        found.append((tree, key))
        found += places(tree[key])
    return found


@pytest.mark.parametrize(("kind", "name"), SAMPLES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(ODD)), min_size=1, max_size=5))
def test_odd_values_are_taken_or_told(
    tmp_path: Path, kind: type[Connector], name: str, damage: list[tuple[int, Any]]
) -> None:
    text = (CASES / name).read_text(encoding="utf-8")
    tree = yaml.safe_load(text) if name.endswith("yaml") else json.loads(text)
    for at, value in damage:
        if found := places(tree):
            holder, key = found[at % len(found)]
            holder[key] = copy.deepcopy(value)
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    kind.recognises(path)
    items = asyncio.run(read(kind, path))
    for item in items:
        if not isinstance(item, Finding):
            check_fact(item)
    ids = [item.id for item in items if isinstance(item, Thing)]
    assert len(ids) == len(set(ids))

"""The pages of sources say what their settings are, and which findings there are."""

import re
import tomllib
from pathlib import Path

import pytest

from connectors.ckan import Ckan
from connectors.datahub import DataHub
from connectors.dcat import Dcat
from connectors.graphql_api import GraphQLApi
from connectors.openapi import OpenApi
from connectors.openlineage import OpenLineage
from connectors.openmetadata import OpenMetadata
from connectors.protocol import Connector
from connectors.wsdl import Wsdl

ROOT = Path(__file__).parents[2]
KINDS: list[tuple[type[Connector], tuple[str, ...]]] = [
    (OpenApi, ("openapi.py", "api_facts.py", "documents.py")),
    (GraphQLApi, ("graphql_api.py",)),
    (Wsdl, ("wsdl.py", "api_facts.py")),
    (Ckan, ("ckan.py", "harvest.py")),
    (Dcat, ("dcat.py", "harvest.py")),
    (DataHub, ("datahub.py", "tables.py")),
    (OpenMetadata, ("openmetadata.py", "tables.py")),
    (OpenLineage, ("openlineage.py", "openlineage_facts.py", "openlineage_files.py")),
]


def page(kind: type[Connector]) -> str:
    return (ROOT / "docs" / "sources" / f"{kind.name}.md").read_text(encoding="utf-8")


def part(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("kind", "_"), KINDS)
def test_a_page_lists_the_settings(kind: type[Connector], _: tuple[str, ...]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.+) \|$", part(page(kind), "Settings"), re.M)
    assert {name for name, *_ in rows} == set(kind.config.model_fields)
    for name, default, _ in rows:
        if default == "required":
            assert kind.config.model_fields[name].is_required()
            continue
        known = kind.config.model_fields[name].default
        said = {"": None, "none": None, "true": True}.get(default, default.strip("`"))
        assert str(said) == str(known) or (said is None and not known), name


@pytest.mark.parametrize(("kind", "modules"), KINDS)
def test_a_page_lists_the_findings(kind: type[Connector], modules: tuple[str, ...]) -> None:
    told = set(re.findall(r"^\| ([A-Z_]{5,}) \|", part(page(kind), "What can be wrong"), re.M))
    used = {
        code
        for name in modules
        for code in re.findall(r"\"([A-Z]+_[A-Z_]+)\"", (ROOT / "connectors" / name).read_text(encoding="utf-8"))
    }
    settings = {"HALF_YEARLY", "NON_PUBLIC"}
    assert used - settings <= told


@pytest.mark.parametrize(("kind", "_"), KINDS)
def test_an_example_is_one_that_is_taken(kind: type[Connector], _: tuple[str, ...]) -> None:
    example = re.search(r"```toml\n(.*?)```", page(kind), re.S)
    assert example is not None
    (source,) = tomllib.loads(example[1])["sources"].values()
    assert source.pop("kind") == kind.name
    kind.config.model_validate(source)

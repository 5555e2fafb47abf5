"""The schema: described to the last value, named as the contract says, and the one that is committed."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    validate_schema,
)

import resolvers
from graph.facts import KEYS, Kind, Shape
from resolvers.schema import make_schema
from resolvers.sdl import schema_text
from resolvers.things import TYPES

COMMITTED = Path(resolvers.__file__).parent / "schema.graphql"
TEXT = schema_text(make_schema())
SCHEMA = build_schema(TEXT)
OWN = {name: type for name, type in SCHEMA.type_map.items() if not name.startswith("__")}
BUILT_IN = {"Int", "Float", "String", "Boolean", "ID"}


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == TEXT, (
        "the schema has changed: look at the difference, then run `registry schema > resolvers/schema.graphql`"
    )


def test_the_schema_is_valid() -> None:
    assert validate_schema(SCHEMA) == []


def test_introspection_tells_what_is_committed_and_the_root_fields_of_gateways() -> None:
    told = build_client_schema(introspection_from_schema(make_schema()._schema))
    assert told.type_map.keys() == SCHEMA.type_map.keys() | {"_Any", "_Entity", "_Service"}
    assert {one.name for one in told.directives} == {one.name for one in SCHEMA.directives}
    query, committed = told.query_type, SCHEMA.query_type
    assert query is not None and committed is not None
    assert query.fields.keys() == committed.fields.keys() | {"_entities", "_service"}
    assert all(told.type_map[name].description for name in ("_Any", "_Entity", "_Service"))


@pytest.mark.parametrize("name", sorted(OWN.keys() - BUILT_IN))
def test_all_is_described(name: str) -> None:
    type = OWN[name]
    missing = [] if type.description else [name]
    if isinstance(type, GraphQLEnumType):
        missing += [f"{name}.{value}" for value, it in type.values.items() if not it.description]
    if isinstance(type, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        missing += [f"{name}.{field}" for field, it in type.fields.items() if not it.description]
    if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
        missing += [
            f"{name}.{field}({argument}:)"
            for field, it in type.fields.items()
            for argument, given in it.args.items()
            if not given.description
        ]
    assert missing == []


def _fields(name: str) -> dict[str, str]:
    type = OWN[name]
    assert isinstance(type, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    return {field: str(it.type) for field, it in type.fields.items()}


def _values(name: str) -> list[str]:
    type = OWN[name]
    assert isinstance(type, GraphQLEnumType)
    return list(type.values)


def test_the_root_fields_are_those_of_the_contract() -> None:
    query = _fields("Query")
    assert query["node"] == "Node"
    for kind, one, type in (
        ("jurisdictions", "jurisdiction", "Jurisdiction"),
        ("departments", "department", "Department"),
        ("systems", "system", "System"),
        ("resources", "resource", "Resource"),
        ("fields", "field", "Field"),
        ("elements", "element", "DataElement"),
        ("agreements", "agreement", "SharingAgreement"),
    ):
        assert query[one] == type
        assert query[kind] == f"{type}Connection!"
        assert {"edges", "nodes", "pageInfo", "totalCount", "facets"} <= _fields(f"{type}Connection").keys()
    assert query["search"] == "SearchConnection!"
    assert query["lineage"] == query["dependencies"] == "Lineage!"
    assert query["lineageCounts"] == "LineageCounts!"
    assert query["lineagePaths"] == "LineagePaths!"


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("lineage", ["ids: [ID!]!", "direction: Direction!", "level: Level!", "depth: Int!", "asOf: DateTime"]),
        (
            "lineagePaths",
            ["from: ID!", "to: ID!", "level: Level!", "maxDepth: Int!", "first: Int!", "knownAt: DateTime"],
        ),
        ("departments", ["filter: DepartmentFilter", "first: Int", "after: String", "last: Int", "before: String"]),
        ("search", ["text: String!", "kinds: [NodeKind!]", "within: ID", "first: Int", "after: String"]),
    ],
)
def test_the_arguments_are_those_of_the_contract(field: str, arguments: list[str]) -> None:
    query = OWN["Query"]
    assert isinstance(query, GraphQLObjectType)
    given = [f"{name}: {it.type}" for name, it in query.fields[field].args.items()]
    assert set(arguments) <= set(given)


def test_lineage_has_the_fields_of_the_contract() -> None:
    lineage = {
        "nodes": "[LineageNode!]!",
        "edges": "[LineageEdge!]!",
        "complete": "Boolean!",
        "stoppedBy": "[Stop!]!",
        "reachedDepth": "Int!",
        "hiddenCount": "Int!",
        "sequence": "Sequence!",
        "nodesPage": "LineageNodeConnection!",
    }
    node = {"id": "ID!", "kind": "NodeKind!", "name": "String!", "depth": "Int!", "whole": "Boolean!", "more": "Int!"}
    edge = {"source": "ID!", "target": "ID!", "count": "Int!", "precise": "Boolean!", "flow": "Flow!"}
    assert _fields("Lineage") == lineage
    assert node.items() <= _fields("LineageNode").items()
    assert {*edge.items(), ("jobs", "[String!]!"), ("agreements", "[ID!]!")} <= set(_fields("LineageEdge").items())
    assert _fields("BudgetInput").keys() == {"maxNodes", "maxPerNode", "maxMilliseconds"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("NodeKind", "JURISDICTION DEPARTMENT SYSTEM RESOURCE FIELD ELEMENT AGREEMENT"),
        ("Direction", "UPSTREAM DOWNSTREAM BOTH"),
        ("Level", "FIELD RESOURCE SYSTEM DEPARTMENT JURISDICTION"),
        ("Flow", "FEEDS READS"),
        ("Stop", "DEPTH NODES FANOUT TIME PEER"),
        ("JurisdictionLevel", "NATIONAL PROVINCIAL MUNICIPAL COUNTY TOWNSHIP"),
    ],
)
def test_the_enums_are_those_of_the_contract(name: str, values: str) -> None:
    assert _values(name) == values.split()


@pytest.mark.parametrize("kind", Kind)
def test_each_key_of_the_exchange_format_is_a_field(kind: Kind) -> None:
    """An enum key has the values that can be stated; a reference is the thing that it names."""
    fields = _fields(TYPES[kind].__name__)
    for name, key in KEYS[kind].items():
        camel = name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:])
        assert camel in fields
        if key.shape is Shape.ENUM:
            assert set(_values(fields[camel])) == set(key.values)
        if key.shape is Shape.REFERENCE:
            assert fields[camel] == key.to[0].label


def test_every_connection_page_is_one_shape() -> None:
    for name in OWN:
        if name.endswith("Connection"):
            fields = _fields(name)
            assert {"edges", "nodes", "totalCount"} <= fields.keys()
            assert fields["pageInfo"] == "PageInfo!"
            edge = fields["edges"].strip("[]!")
            assert {"cursor", "node"} <= _fields(edge).keys()

"""The schema as text: for clients, and as a subgraph of Apollo Federation 2 for gateways."""

from dataclasses import replace

import strawberry
from graphql import (
    ConstDirectiveNode,
    ConstListValueNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    parse,
    print_ast,
)

from resolvers.entities import KEYS
from resolvers.things import TYPES

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [IMPORTED])'
IMPORTED = ("@key", "@shareable", "@tag", "@cost", "@listSize")
SHAREABLE = frozenset({"PageInfo"})
"""Types that other subgraphs have too, with the same meaning."""

_FEDERATION = ("_Any", "_Entity", "_Service")
_ROOT_FIELDS = ("_entities", "_service")


def schema_text(schema: strawberry.Schema) -> str:
    """The schema for clients, without what only gateways ask for."""
    return _printed(_kept(schema))


def subgraph_text(schema: strawberry.Schema) -> str:
    """The schema with its federation directives."""
    linked = LINK.replace("IMPORTED", ", ".join(f'"{name}"' for name in IMPORTED))
    imported = {name.removeprefix("@") for name in IMPORTED}
    kept = [
        one for one in _kept(schema) if not (isinstance(one, DirectiveDefinitionNode) and one.name.value in imported)
    ]
    return linked + "\n\n" + _printed([_federated(one) for one in kept])


def _kept(schema: strawberry.Schema) -> list[DefinitionNode]:
    document = parse(schema.as_str(), no_location=True)
    kept: list[DefinitionNode] = []
    for one in document.definitions:
        if isinstance(one, ObjectTypeDefinitionNode) and one.name.value == "Query":
            fields = tuple(field for field in one.fields or () if field.name.value not in _ROOT_FIELDS)
            one = replace(one, fields=fields)
        if getattr(getattr(one, "name", None), "value", None) not in _FEDERATION:
            kept.append(one)
    return kept


def _federated(one: DefinitionNode) -> DefinitionNode:
    if isinstance(one, ObjectTypeDefinitionNode):
        name = one.name.value
        kind = next((kind for kind in TYPES if kind.label == name), None)
        added = [f'@key(fields: "{key}")' for key in KEYS[kind]] if kind else []
        added += ["@shareable"] if name in SHAREABLE else []
        fields = tuple(replace(field, directives=_sized(field)) for field in one.fields or ())
        return replace(one, directives=(*_directives(added), *(one.directives or ())), fields=fields)
    return one


def _sized(field: FieldDefinitionNode) -> tuple[ConstDirectiveNode, ...]:
    """Its directives, as all composers take them: a list's size is said by arguments or assumed, never both."""
    return tuple(_one_way(one) if one.name.value == "listSize" else one for one in field.directives or ())


def _one_way(directive: ConstDirectiveNode) -> ConstDirectiveNode:
    given = {one.name.value: one for one in directive.arguments or ()}
    slicing = given.get("slicingArguments")
    names = slicing.value.values if slicing and isinstance(slicing.value, ConstListValueNode) else ()
    plain = all(isinstance(name, StringValueNode) and "." not in name.value for name in names)
    given.pop("assumedSize" if names and plain else "slicingArguments", None)
    return replace(directive, arguments=tuple(given.values()))


def _directives(texts: list[str]) -> tuple[ConstDirectiveNode, ...]:
    if not texts:
        return ()
    [made] = parse(f"type X {' '.join(texts)} {{ x: Int }}", no_location=True).definitions
    assert isinstance(made, ObjectTypeDefinitionNode)
    return tuple(made.directives or ())


def _printed(definitions: list[DefinitionNode]) -> str:
    return print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"

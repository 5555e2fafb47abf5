"""The schema as text: for clients, and as a subgraph of Apollo Federation 2 for gateways."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    ConstDirectiveNode,
    ConstValueNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListValueNode,
    NullValueNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaDefinitionNode,
    StringValueNode,
    ValueNode,
    Visitor,
    VisitorAction,
    parse,
    print_ast,
    specified_directives,
    visit,
)
from strawberry.federation.schema import Schema

_SPECIFICATION = "https://specs.apollo.dev/federation/"
_TYPES = ("_Any", "_Entity", "_Service")
_ROOT_FIELDS = ("_entities", "_service")


def schema_text(schema: Schema) -> str:
    """The schema for clients, without what only gateways ask for."""
    kept = [one for one in _kept(schema) if not isinstance(one, SchemaDefinitionNode)]
    defined = {one.name for one in specified_directives}
    defined |= {one.name.value for one in kept if isinstance(one, DirectiveDefinitionNode)}

    class Undefined(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
            return None if node.name.value in defined else REMOVE

    return _printed(visit(one, Undefined()) for one in kept)


def subgraph_text(schema: Schema) -> str:
    """The schema with its federation directives."""
    kept = _kept(schema)
    imported = {name for one in kept if isinstance(one, SchemaDefinitionNode) for name in _imported(one)}
    return _printed(
        visit(one, _AsComposersTakeIt())
        for one in kept
        if not (isinstance(one, DirectiveDefinitionNode) and f"@{one.name.value}" in imported)
    )


def _kept(schema: Schema) -> list[DefinitionNode]:
    document = parse(schema.as_str(), no_location=True)
    kept: list[DefinitionNode] = []
    for one in document.definitions:
        if isinstance(one, ObjectTypeDefinitionNode | ObjectTypeExtensionNode) and one.name.value == "Query":
            fields = tuple(field for field in one.fields or () if field.name.value not in _ROOT_FIELDS)
            one = replace(one, fields=fields)
        if getattr(getattr(one, "name", None), "value", None) not in _TYPES:
            kept.append(one)
    return kept


def _imported(schema: SchemaDefinitionNode) -> Iterator[str]:
    """What it imports of the federation's own directives."""
    for directive in schema.directives or ():
        given = _arguments(directive)
        url = given.get("url")
        if isinstance(url, StringValueNode) and url.value.startswith(_SPECIFICATION):
            yield from _texts(given.get("import"))


class _AsComposersTakeIt(Visitor):
    """A default of null is left out, for it says nothing. The size of a list is not said by a part of an argument, and
    not assumed where an argument that says it has a default. The fields of an interface cost what those of its types
    do."""

    def enter_input_value_definition(self, node: InputValueDefinitionNode, *_: object) -> Any:
        return replace(node, default_value=None) if isinstance(node.default_value, NullValueNode) else None

    def leave_field_definition(self, node: FieldDefinitionNode, *_: object) -> Any:
        defaults = {one.name.value for one in node.arguments or () if one.default_value is not None}
        directives = tuple(
            _sized(one, defaults) if one.name.value == "listSize" else one for one in node.directives or ()
        )
        return replace(node, directives=directives)

    def leave_interface_type_definition(self, node: InterfaceTypeDefinitionNode, *_: object) -> Any:
        fields = tuple(replace(one, directives=_costless(one)) for one in node.fields or ())
        return replace(node, fields=fields)


def _costless(field: FieldDefinitionNode) -> tuple[ConstDirectiveNode, ...]:
    return tuple(one for one in field.directives or () if one.name.value != "cost")


def _sized(directive: ConstDirectiveNode, defaults: Container[str]) -> ConstDirectiveNode:
    names = _texts(_arguments(directive).get("slicingArguments"))
    surplus = None
    if any("." in name for name in names):
        surplus = "slicingArguments"
    elif any(name in defaults for name in names):
        surplus = "assumedSize"
    return replace(directive, arguments=tuple(one for one in directive.arguments or () if one.name.value != surplus))


def _arguments(directive: ConstDirectiveNode) -> dict[str, ConstValueNode]:
    return {one.name.value: one.value for one in directive.arguments or ()}


def _texts(value: ValueNode | None) -> list[str]:
    listed = value.values if isinstance(value, ListValueNode) else ()
    return [one.value for one in listed if isinstance(one, StringValueNode)]


def _printed(definitions: Iterable[DefinitionNode]) -> str:
    return print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"

"""What is counted in a text before it is parsed is what the parsed document has."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Visitor,
    parse,
    visit,
)
from hypothesis import given
from hypothesis import strategies as st

from resolvers.limits import Limits, TooMuch, scan

NAMES = st.sampled_from(["a", "b2", "on", "fragment", "query", "_entities", "__typename", "true"])
VALUES = st.recursive(
    st.sampled_from(["1", "-2.5e3", "$v", "ENUM", "null", '"{ @a: } \\" #"', '"""@ a: "" { """']),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda some: f"[{' '.join(some)}]"),
        st.lists(inner, max_size=2).map(lambda some: "{" + ", ".join(f"k: {one}" for one in some) + "}"),
    ),
    max_leaves=4,
)
ARGUMENTS = st.lists(VALUES, max_size=2).map(lambda some: f"({', '.join(f'x: {v}' for v in some)})" if some else "")
DIRECTIVES = st.lists(st.tuples(NAMES, ARGUMENTS), max_size=2).map(
    lambda some: " ".join(f"@{name}{arguments}" for name, arguments in some)
)
GAPS = st.sampled_from([" ", "\n", " , ", " # @a: {\n", "\ufeff "])


def _field(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    alias = st.one_of(st.just(""), NAMES.map(lambda name: f"{name} : "))
    below = st.one_of(st.just(""), inner)
    return st.tuples(alias, NAMES, ARGUMENTS, DIRECTIVES, below).map(" ".join)


def _selections(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    on = st.one_of(st.just(""), NAMES.map(lambda name: f"on {name}"))
    spread = st.sampled_from(["a", "b2", "fragment", "_entities"])
    several = st.lists(
        st.one_of(
            _field(inner),
            st.tuples(st.just("..."), on, DIRECTIVES, inner).map(" ".join),
            st.tuples(st.just("..."), spread, DIRECTIVES).map(" ".join),
        ),
        min_size=1,
        max_size=4,
    )
    return st.tuples(several, GAPS).map(lambda found: "{" + found[1].join(found[0]) + "}")


SELECTIONS = st.recursive(NAMES.map(lambda name: "{" + name + "}"), _selections, max_leaves=6)
OPERATIONS = st.one_of(
    SELECTIONS,
    st.tuples(
        st.sampled_from(["query", "query fragment", "mutation on", "query($v: [In!] = {k: 1} @a)"]), SELECTIONS
    ).map(" ".join),
    st.tuples(st.just("query Q"), DIRECTIVES, SELECTIONS).map(" ".join),
)
FRAGMENTS = st.tuples(st.just("fragment a on Query"), DIRECTIVES, SELECTIONS).map(" ".join)


NONE = {"directives": 0, "aliases": 0, "root_fields": 0, "repeats": 0, "arguments": 0}
SAID = {"repeats": "side by side", "arguments": "arguments of one field"}


@given(st.lists(st.one_of(OPERATIONS, FRAGMENTS), min_size=1, max_size=3), GAPS, st.booleans())
def test_each_definition_is_counted_as_it_is_parsed(definitions: list[str], gap: str, close: bool) -> None:
    counts = NONE
    for definition in definitions:
        found = _counted(definition)
        counts = {name: max(counts[name], found[name]) for name in counts}
    text = gap.join(definitions)
    if close:
        text = text.replace(" ...", "...").replace("... ", "...")
    scan(text, Limits(**counts))
    for name, count in counts.items():
        spare = 1 if name == "root_fields" else 0  # the last one may turn out to be an alias
        if count > spare:
            refused = re.escape(SAID.get(name, name.replace("_", " ")))
            allowed = {**counts, name: count - 1 - spare}
            with pytest.raises(TooMuch, match=refused):
                scan(text, Limits(**allowed))


@given(st.text(st.sampled_from(list('{}()[]:@."#a on\n1-$!')), max_size=40))
def test_whatever_is_sent_is_counted_or_refused(text: str) -> None:
    with suppress(TooMuch):
        scan(text, Limits(tokens=30, nesting=4, directives=1, aliases=1, root_fields=1, repeats=1, arguments=1))


def _counted(definition: str) -> dict[str, int]:
    """What one operation or fragment has by itself, as graphql-core parses it."""
    [node] = parse(definition).definitions
    assert isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    found = dict(NONE)

    class Counts(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            found["aliases"] += node.alias is not None
            most("arguments", len(node.arguments or ()))

        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found["directives"] += 1
            most("arguments", len(node.arguments or ()))

        def enter_object_value(self, node: ObjectValueNode, *_: object) -> None:
            most("arguments", len(node.fields))

        def enter_selection_set(self, node: SelectionSetNode, _: object, parent: object, *__: object) -> None:
            if not isinstance(parent, InlineFragmentNode):
                most("repeats", max(Counter(map(_shown_as, _together(node))).values()))

    def most(name: str, count: int) -> None:
        found[name] = max(found[name], count)

    visit(node.selection_set, Counts())
    found["directives"] += len(node.directives or ())
    if isinstance(node, OperationDefinitionNode):
        fields = [one for one in node.selection_set.selections if isinstance(one, FieldNode)]
        found["root_fields"] = sum(one.name.value != "_entities" for one in fields)
    return found


def _together(node: SelectionSetNode) -> Iterator[SelectionNode]:
    """What is selected in one place: what is in inline fragments too."""
    for one in node.selections:
        yield one
        if isinstance(one, InlineFragmentNode):
            yield from _together(one.selection_set)


def _shown_as(node: SelectionNode) -> str:
    """What stands for a field, a spread or an inline fragment among those of one selection."""
    if isinstance(node, FieldNode):
        return (node.alias or node.name).value
    if isinstance(node, FragmentSpreadNode):
        return f"...{node.name.value}"
    assert isinstance(node, InlineFragmentNode)
    condition = node.type_condition
    return f"...on {condition.name.value}" if condition else "..."

"""What is counted in a text before it is parsed is what the parsed document has."""

import re

import pytest
from graphql import DirectiveNode, FieldNode, OperationDefinitionNode, Visitor, parse, visit
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


@given(st.lists(st.one_of(OPERATIONS, FRAGMENTS), min_size=1, max_size=3), GAPS)
def test_each_definition_is_counted_as_it_is_parsed(definitions: list[str], gap: str) -> None:
    counts = {"directives": 0, "aliases": 0, "root_fields": 0}
    for definition in definitions:
        found = _counted(definition)
        counts = {name: max(counts[name], found[name]) for name in counts}
    text = gap.join(definitions)
    scan(text, Limits(**counts))
    for name, count in counts.items():
        spare = 1 if name == "root_fields" else 0  # the last one may turn out to be an alias
        if count > spare:
            refused = re.escape(name.replace("_", " "))
            allowed = {**counts, name: count - 1 - spare}
            with pytest.raises(TooMuch, match=refused):
                scan(text, Limits(**allowed))


def _counted(definition: str) -> dict[str, int]:
    """What one operation or fragment has by itself, as graphql-core parses it."""
    [node] = parse(definition).definitions
    found = {"directives": 0, "aliases": 0, "root_fields": 0}

    class Counts(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            found["aliases"] += node.alias is not None

        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found["directives"] += 1

        def enter_variable_definition(self, *_: object) -> bool:
            return False  # what is within brackets is not counted

    visit(node, Counts())
    if isinstance(node, OperationDefinitionNode):
        fields = [one for one in node.selection_set.selections if isinstance(one, FieldNode)]
        found["root_fields"] = sum(one.name.value != "_entities" for one in fields)
    return found

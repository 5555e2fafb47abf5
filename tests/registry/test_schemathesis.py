"""Schemathesis on the served API: for each root field queries by the schema, and some that break it.

All of its checks hold; but what it takes for faults of the service may be the caller's, which our codes tell apart.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLObjectType,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    Visitor,
    parse,
    parse_value,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.graphql import nodes
from schemathesis.graphql.checks import GraphQLClientError, GraphQLServerError

from resolvers.schema import make_schema
from tests.registry.running import SAMPLE, Commands

pytestmark = pytest.mark.slow

RESPONSE = "application/graphql-response+json"
CALLERS = {"BAD_INPUT", "NOT_FOUND", "TOO_COSTLY"}
"""Codes of the caller's mistakes."""
ROOT = make_schema()._schema.get_type("Query")
assert isinstance(ROOT, GraphQLObjectType)
FIELDS = sorted(ROOT.fields)
STATED = [fact["id"] for fact in map(json.loads, SAMPLE.read_text("utf-8").splitlines()) if "id" in fact]
KNOWN = STATED[::7]
CHANGEABLE = [id for id in KNOWN if id.startswith(("field:", "resource:", "system:", "department:"))]
OF_KIND = {
    "departments": "department:",
    "systems": "system:",
    "system": "system:",
    "jurisdictions": "jurisdiction:",
    "elements": "element:",
    "stopAt": "department:",
    "through": "system:",
}
"""The lists of ids in a filter, and what these may begin with."""
UNBROKEN = ("_service", "ruleProfileInForce")
"""Fields in whose arguments nothing is found that would break the schema."""
TEXTS = st.text(max_size=20)
IDS = st.sampled_from(KNOWN) | TEXTS
INSTANTS = st.datetimes(timezones=st.just(None) | st.timezones()).map(lambda at: at.isoformat())
KINDS = ("Jurisdiction", "Department", "System", "Resource", "Field", "DataElement", "SharingAgreement", "Node", "No")
CODES = (
    st.sampled_from(["320900", "YC-SYS-0001", "YCDE0001", "113209000172741129"]) | TEXTS | st.integers(0, 9) | st.none()
)
KEYS = st.fixed_dictionaries({}, optional={"id": IDS, "code": CODES, "uscc": CODES})


def _literal(value: Any) -> ValueNode:
    """A value of JSON as GraphQL writes it."""
    if isinstance(value, dict):
        return parse_value("{" + ", ".join(f"{key}: {json.dumps(each)}" for key, each in value.items()) + "}")
    return parse_value(json.dumps(value))


for name, values in {
    "ID": IDS | st.integers(-9, 2**40),
    "Date": st.dates().map(str) | TEXTS,
    "DateTime": INSTANTS | st.dates().map(str) | TEXTS,
    "Sequence": st.integers(-2, 12) | st.integers(0, 2**66).map(str) | TEXTS,
    "_Any": st.builds(lambda kind, keys: {"__typename": kind, **keys}, st.sampled_from(KINDS), KEYS) | CODES,
}.items():
    schemathesis.graphql.scalar(name, values.map(_literal))


class _Milder(Visitor):
    """Makes most arguments such as are taken: no cursors, one direction, numbers within ranges, known ids, now."""

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode:
        given = {one.name.value: one for one in node.arguments or ()}
        for gone in ("after", "before", "knownAt", "last" if "first" in given else ""):
            given.pop(gone, None)
        moments: tuple[ArgumentNode, ...] = ()
        if node.name.value == "lineageDiff":
            given = {name: one for name, one in given.items() if name not in MOMENTS}
            moments = (ArgumentNode(name=NameNode(value="from"), value=nodes.String("2019-06-01")),)
        called = dict.fromkeys(("from", "to"), "day") if node.name.value in DATED else {}
        arguments = tuple(
            ArgumentNode(name=one.name, value=_mild(called.get(name, name), one.value)) for name, one in given.items()
        )
        return FieldNode(
            name=node.name,
            alias=node.alias,
            arguments=(*arguments, *moments),
            directives=node.directives,
            selection_set=node.selection_set,
        )

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> ObjectFieldNode:
        return ObjectFieldNode(name=node.name, value=_mild(node.name.value, node.value))


MOMENTS = ("from", "to", "knownFrom", "knownTo")
"""What `lineageDiff` compares; one of them has to be given."""
DATED = ("due", "dueDate", "workingDays")
"""Fields whose `from` and `to` are days."""
LOADED = range(2018, 2026)
"""Years that have rules and a calendar, and after which another is loaded."""
MOST = {
    "first": 20,
    "last": 20,
    "depth": 1_000,
    "maxDepth": 1_000,
    "maxNodes": 10_000,
    "maxPerNode": 10_000,
    "maxMilliseconds": 5_000,
    "quietDays": 36_500,
    "workingDays": 200,
}


def _mild(name: str, value: ValueNode) -> ValueNode:
    if isinstance(value, NullValueNode):
        return value
    if isinstance(value, IntValueNode) and name in MOST:
        return nodes.Int(1 + abs(int(value.value)) % MOST[name])
    if name == "year" and isinstance(value, IntValueNode):
        return nodes.Int(LOADED[abs(int(value.value)) % len(LOADED)])
    if name in ("day", "on"):
        return nodes.String(f"{LOADED[len(print_ast(value)) % len(LOADED)]}-05-06")
    if name == "change" and isinstance(value, ObjectValueNode):
        return parse_value(f"{{kind: RETIRE, ids: {json.dumps(CHANGEABLE[len(print_ast(value)) % len(CHANGEABLE)])}}}")
    if name in ("kinds", "severities", "codes") and isinstance(value, ListValueNode) and not value.values:
        return NullValueNode()
    if name in ("id", "ids", "source", "within", "from", "to", "via", "avoid", "into"):
        return _all_known(value, KNOWN)
    if name in OF_KIND:
        return _all_known(value, [id for id in STATED if id.startswith(OF_KIND[name])])
    if name == "text" and isinstance(value, StringValueNode) and not value.value.strip():
        return nodes.String("人口")
    return value


def _all_known(value: ValueNode, known: list[str]) -> ValueNode:
    each = value.values if isinstance(value, ListValueNode) else ()
    return nodes.List([_known(one, known) for one in each]) if each else _known(value, known)


def _known(value: ValueNode, known: list[str]) -> ValueNode:
    text = getattr(value, "value", "")
    return value if text in known else nodes.String(known[len(text) % len(known)])


@pytest.fixture(scope="module")
def schema(sample: Commands) -> Iterator[Any]:
    """The schema of a service as schemathesis sees it."""
    with sample.serving(REGISTRY_REQUEST_COST="5000000") as service:
        yield schemathesis.graphql.from_url(f"{service.url}/graphql")


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["accept"] = RESPONSE
        yield session


def check(case: Case[Any], session: requests.Session) -> dict[str, Any]:
    """Send a case and check what is told."""
    answer = case.call(session=session, timeout=60)
    told: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == [RESPONSE]
    assert answer.status_code == (200 if "data" in told else 400)
    try:
        case.validate_response(answer)
    except BaseExceptionGroup as group:
        left = [failure for failure in group.exceptions if not _is_callers(failure)]
        if left:
            raise BaseExceptionGroup(f"{case.body!r}\n{told}", left) from None
    return told


def _is_callers(failure: BaseException) -> bool:
    """Whether all its errors are mistakes of the caller's."""
    errors = failure.errors if isinstance(failure, GraphQLClientError | GraphQLServerError) else [{}]
    return all(error.get("extensions", {}).get("code") in CALLERS for error in errors)


def _settings(examples: int) -> settings:
    """The same examples each time. Nothing is shrunk: that would take a request for each step."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(
        phases=[Phase.generate],
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=slow,
    )


@pytest.mark.parametrize("field", FIELDS)
def test_queries_by_the_schema_are_answered(schema: Any, session: requests.Session, field: str) -> None:
    cases = schema["Query"][field].as_strategy()
    answered = 0

    @_settings(40)
    @given(cases, st.booleans() | st.just(True))
    def ask(case: Case[Any], mild: bool) -> None:
        nonlocal answered
        if mild:
            case.body = print_ast(visit(parse(str(case.body)), _Milder()))
        answered += check(case, session).get("data") is not None

    ask()
    assert answered


@pytest.mark.parametrize("field", [field for field in FIELDS if field not in UNBROKEN])
def test_queries_that_break_the_schema_are_refused(schema: Any, session: requests.Session, field: str) -> None:
    @_settings(15)
    @given(schema["Query"][field].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Case[Any]) -> None:
        assert "data" not in check(case, session)

    ask()

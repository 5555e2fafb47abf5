"""Random small registries as exchange-format facts, and random questions about them.

Ids carry the prefix of their kind, so that a guess about an unregistered node never disagrees with its use. All times
lie in 2019 to 2023, so that answers do not depend on the day. `suffixed` keeps several registries apart in one store.
"""

from typing import Any

from hypothesis import strategies as st

from tests.reference_facts import ENDS, REFERENCES

Fact = dict[str, Any]
Query = dict[str, Any]
Scenario = tuple[list[Fact], list[Query]]

# Extension B and full-width letters: by code point 𠀀 comes after Ａ, by UTF-16 before it
SHARES = ("UNCONDITIONAL", "CONDITIONAL", "WITHHELD")
LABELS = ("a", "Z", "甲", "乙", "Ａ", "𠀀")
DAYS = ("2020-01-01", "2021-01-01", "2022-01-01")
MOMENTS = (
    "2019-06-01T00:00:00+08:00",
    "2019-12-31T16:00:00Z",
    "2020-06-01T00:00:00+08:00",
    "2020-12-31T23:59:59+08:00",
    "2021-01-01T00:00:00+08:00",
    "2021-06-01T12:00:00+08:00",
    "2022-06-01T00:00:00+08:00",
)
WHENS: tuple[Fact, ...] = (
    {},
    {"valid_to": DAYS[1]},
    {"valid_from": DAYS[1]},
    {"valid_from": DAYS[0], "valid_to": DAYS[2]},
    {"valid_from": DAYS[0], "valid_to": DAYS[1]},
)
GAP: tuple[Fact, ...] = ({"valid_to": DAYS[0]}, {"valid_from": DAYS[1], "valid_to": DAYS[2]}, {"valid_from": DAYS[2]})


def often(value: st.SearchStrategy[Any], otherwise: Any, weight: int = 3) -> st.SearchStrategy[Any]:
    """`value` about `weight` times as often as `otherwise`."""
    return st.integers(0, weight).flatmap(lambda n: value if n else st.just(otherwise))


def whens() -> st.SearchStrategy[Fact]:
    """The validity of a thing: mostly unbounded."""
    return often(st.just({}), None, 5).flatmap(lambda w: st.just(w) if w is not None else st.sampled_from(WHENS))


def intervals() -> st.SearchStrategy[tuple[Fact, ...]]:
    """The validities of one link: mostly one and unbounded, sometimes several with gaps between."""
    some = st.one_of(st.sampled_from(WHENS).map(lambda w: (w,)), st.just(GAP), st.just(GAP[:2]), st.just(GAP[1:]))
    return st.integers(0, 3).flatmap(lambda n: st.just(({},)) if n else some)


@st.composite
def things(draw: st.DrawFn, /, kind: str, least: int, most: int, **references: tuple[str, ...]) -> list[Fact]:
    """Some things of a kind, each naming one or none of what it may refer to."""
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=least, max_size=most, unique=True))
    found = []
    for label in labels:
        fact: Fact = {"fact": kind, "id": f"{kind}:{label}", "name": label, **draw(whens())}
        for key, ids in references.items():
            if named := draw(often(st.sampled_from(ids), None)):
                fact[key] = named
        found.append(fact)
    return found


def ids_of(facts: list[Fact], kind: str, unregistered: str) -> tuple[str, ...]:
    """What may be referred to: mostly things that are stated."""
    stated = [f["id"] for f in facts]
    return (*stated, *stated, f"{kind}:{unregistered}")


@st.composite
def fields(draw: st.DrawFn, resources: list[Fact], elements: tuple[str, ...]) -> list[Fact]:
    """Up to three fields of each resource, some of a resource that nobody stated, some of none; some with elements."""
    found = []
    for fact in resources:
        for label in draw(st.lists(st.sampled_from("fg字"), min_size=draw(st.integers(0, 2)), max_size=3, unique=True)):
            one = {"fact": "field", "id": f"field:{fact['name']}/{label}", "name": label, "resource": fact["id"]}
            found.append({**one, **draw(whens())})
    if draw(st.booleans()):
        found.append({"fact": "field", "id": "field:未登记/f", "name": "f", "resource": "resource:未登记"})
    if draw(st.booleans()):
        found.append({"fact": "field", "id": "field:孤", "name": "孤"})
    for fact in found:
        if draw(st.integers(0, 3)) == 0:
            fact["element"] = draw(st.sampled_from(elements))
    return found


@st.composite
def shared(draw: st.DrawFn, facts: list[Fact]) -> list[Fact]:
    """The same resources and fields, some with a share type."""
    return [{**fact, **({"share_type": share} if (share := draw(SHARE)) else {})} for fact in facts]


SHARE = st.integers(0, 2).flatmap(lambda n: st.none() if n else st.sampled_from(SHARES))


@st.composite
def links(draw: st.DrawFn, kind: str, sources: tuple[str, ...], targets: tuple[str, ...], most: int) -> list[Fact]:
    """Some links between random ends, self-loops and repeats included, some under a job, some with gaps in time."""
    found = []
    pairs = st.tuples(st.sampled_from(sources), st.sampled_from(targets))
    for source, target in draw(st.lists(pairs, min_size=draw(st.integers(0, most // 2)), max_size=most)):
        link: Fact = {"fact": kind, ENDS[kind][0]: source, ENDS[kind][1]: target}
        if draw(st.integers(0, 4)) == 0:
            link["job"] = draw(st.sampled_from(("每日", "etl")))
        if draw(st.integers(0, 4)) == 0:
            link["source"] = "b"
        found += [{**link, **when} for when in draw(intervals())]
    return found


@st.composite
def shapes(draw: st.DrawFn, ids: tuple[str, ...]) -> list[Fact]:
    """A ring, a diamond or a hub over some ids of one kind."""
    if len(set(ids)) < 4:
        return []
    a, b, c, d = draw(st.permutations(sorted(set(ids))))[:4]
    ring, diamond, hub = ((a, b), (b, c), (c, a)), ((a, b), (a, c), (b, d), (c, d)), ((a, b), (a, c), (a, d))
    pairs = draw(st.sampled_from(((), (), ring, diamond, hub, (*ring, *diamond))))
    return [{"fact": "feeds", "from": source, "to": target} for source, target in pairs]


@st.composite
def sums(draw: st.DrawFn, feeds: list[Fact], facts: list[Fact]) -> list[Fact]:
    """For some field feeds the feeds between their resources that sums them up, in a validity of its own."""
    resource = {f["id"]: f.get("resource") for f in facts}
    found = []
    for feed in feeds:
        source, target = resource.get(feed["from"]), resource.get(feed["to"])
        if source and target and draw(st.booleans()):
            found += [{"fact": "feeds", "from": source, "to": target, **when} for when in draw(intervals())]
    return found


@st.composite
def registries(draw: st.DrawFn) -> list[Fact]:
    """All facts of one small registry, in any order."""
    jurisdictions = draw(things("jurisdiction", 0, 3, within=tuple(f"jurisdiction:{i}" for i in LABELS[:4])))
    in_places = ids_of(jurisdictions, "jurisdiction", "未登记")
    departments = draw(things("department", 0, 3, jurisdiction=in_places))
    of_departments = ids_of(departments, "department", "未登记")
    systems = draw(things("system", 0, 3, department=of_departments))
    in_systems = ids_of(systems, "system", "未登记")
    resources = draw(things("resource", draw(st.integers(1, 4)), 6, system=in_systems))
    for fact in resources:  # more often without a provider, so that the system's department counts
        if provider := draw(often(st.sampled_from(of_departments), None, 1)):
            fact["provider"] = provider
    elements = draw(things("element", 0, 2))
    resources = draw(shared(resources))
    parts = draw(shared(draw(fields(resources, ids_of(elements, "element", "未登记")))))
    between_fields = ids_of(parts, "field", "未知")
    between_resources = ids_of(resources, "resource", "未登记")
    feeds = draw(links("feeds", between_fields, between_fields, 12)) + draw(shapes(between_fields))
    wholes = draw(links("feeds", between_resources, between_resources, 6)) + draw(shapes(between_resources))
    reads = draw(links("reads", in_systems, between_resources, 4))
    facts = jurisdictions + departments + systems + elements + resources + parts
    every = facts + feeds + wholes + draw(sums(feeds, parts)) + reads
    return every if draw(st.booleans()) else every[::-1]


def known_ids(facts: list[Fact]) -> list[str]:
    """Every id that the facts state or refer to, sorted."""
    found = {f["id"] for f in facts if "id" in f}
    for fact in facts:
        keys = (*REFERENCES.get(fact["fact"], {}), *ENDS.get(fact["fact"], ()))
        found |= {fact[key] for key in keys if fact.get(key)}
    return sorted(found)


LISTED = {
    "departments": "department",
    "systems": "system",
    "jurisdictions": "jurisdiction",
    "elements": "element",
    "shareTypes": SHARES,
    "flows": ("FEEDS", "READS"),
    "jobs": ("每日", "etl", "无此"),
    "sources": ("a", "b", "无此"),
}
"""What the lists of a filter hold: ids of a kind, or values."""


def of_kinds(ids: list[str], kinds: tuple[str, ...]) -> list[str]:
    """Those of some kinds."""
    return [i for i in ids if i.startswith(kinds)]


@st.composite
def conditions(draw: st.DrawFn, ids: list[str]) -> dict[str, list[str]]:
    """One or two lists of a filter's `only` or `show`, seldom an empty one."""
    found = {}
    for name in draw(st.lists(st.sampled_from(sorted(LISTED)), min_size=1, max_size=2, unique=True)):
        of = LISTED[name]
        values = of if isinstance(of, tuple) else of_kinds(ids, (f"{of}:",))
        if values or draw(st.integers(0, 20)) == 13:
            found[name] = draw(st.lists(st.sampled_from(values or ("没有这个",)), min_size=1, max_size=3))
        if draw(st.integers(0, 60)) == 23:
            found[name] = []
    return found


@st.composite
def filters(draw: st.DrawFn, facts: list[Fact]) -> dict[str, Any]:
    """The filter of a walk: each of its four parts now and then."""
    ids = known_ids(facts)
    found: dict[str, Any] = {}
    for where in ("only", "show"):
        if draw(st.integers(0, 2)) == 0:
            found[where] = draw(conditions(ids))
    places = of_kinds(ids, ("resource:", "system:", "department:", "jurisdiction:"))
    for where, those in (("stopAt", [*places, *of_kinds(ids, ("field:",))]), ("through", places)):
        if draw(st.integers(0, 2)) == 0:
            wrong = ["element:a", "没有这个"] if draw(st.integers(0, 40)) == 23 else []
            found[where] = draw(st.lists(st.sampled_from(those), max_size=3)) + wrong
    return found


@st.composite
def queries(draw: st.DrawFn, facts: list[Fact]) -> Query:
    """A question about some of the ids, seldom about one that nobody knows."""
    names = st.sampled_from(("lineage", "lineage", "dependencies", "dependencies", "lineageCounts"))
    levels = ("FIELD", "RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION")
    linked = [fact[end] for fact in facts for end in ENDS.get(fact["fact"], ())]
    known = [i for i in known_ids(facts) if not i.startswith("element:")]
    ids = st.lists(st.sampled_from(known + sorted(linked)), min_size=1, max_size=3)
    query: Query = {
        "name": draw(names),
        "ids": draw(ids) + (["没有这个"] if draw(st.integers(0, 40)) == 23 else []),
        "direction": draw(st.sampled_from(("DOWNSTREAM", "UPSTREAM", "BOTH"))),
        "level": draw(st.sampled_from(levels)),
    }
    if (depth := draw(st.one_of(st.none(), st.integers(0, 2), st.integers(0, 6)))) is not None:
        query["depth"] = depth
    if moment := draw(often(st.none(), "some", 1)) and draw(st.sampled_from(MOMENTS)):
        query["asOf"] = moment
    budget = {"maxNodes": draw(often(st.none(), 1, 2)), "maxPerNode": draw(often(st.none(), 1, 2))}
    most = {"maxNodes": 8, "maxPerNode": 3}
    if chosen := {key: draw(st.integers(1, most[key])) for key, wanted in budget.items() if wanted}:
        query["budget"] = chosen
    if draw(st.booleans()):
        query["filter"] = draw(filters(facts))
    return query


@st.composite
def scenarios(draw: st.DrawFn, most: int = 6) -> Scenario:
    """One registry and up to `most` questions about it."""
    facts = draw(registries())
    return facts, draw(st.lists(queries(facts), min_size=1, max_size=most))


def renamed(facts: list[Fact], suffix: str) -> list[Fact]:
    """The same registry with `suffix` after every id, so that many can share one store."""
    found = []
    for fact in facts:
        keys = {"id", *REFERENCES.get(fact["fact"], {}), *ENDS.get(fact["fact"], ())}
        one = {k: v + suffix if k in keys and v is not None else v for k, v in fact.items()}
        found.append({**one, "covers": [id + suffix for id in fact["covers"]]} if "covers" in fact else one)
    return found


def suffixed(scenario: Scenario, suffix: str) -> Scenario:
    """The same scenario with `suffix` after every id."""
    facts, asked = scenario
    return renamed(facts, suffix), [_renamed(query, suffix) for query in asked]


def _renamed(query: Query, suffix: str) -> Query:
    filter = dict(query.get("filter") or {})
    for where in ("stopAt", "through"):
        filter[where] = [i + suffix for i in filter.get(where) or ()]
    for where in ("only", "show"):
        lists = filter.get(where) or {}
        filter[where] = {
            name: [i + suffix for i in values] if isinstance(LISTED[name], str) else values
            for name, values in lists.items()
        }
    return {**query, "ids": [i + suffix for i in query["ids"]], "filter": filter}


def turned(facts: list[Fact]) -> list[Fact]:
    """The same registry with every feeds turned round."""
    return [{**f, "from": f["to"], "to": f["from"]} if f["fact"] == "feeds" else f for f in facts]

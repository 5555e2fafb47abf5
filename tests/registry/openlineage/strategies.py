"""Events of a few runs of a few jobs, about a few datasets."""

from typing import Any

from hypothesis import strategies as st

from tests.registry.openlineage.said import dataset, event, flows

NAMES = st.sampled_from("abc")
COLUMNS = st.lists(st.sampled_from("xyz"), max_size=2, unique=True)
LIVES = st.sampled_from(["", "", "", "DROP", "CREATE", "TRUNCATE"])


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, Any]:
    """A dataset, perhaps with a schema, a life, other names and columns that flow into it."""
    facets: dict[str, Any] = {}
    if life := draw(LIVES):
        facets["lifecycleStateChange"] = {"lifecycleStateChange": life}
    if draw(st.booleans()):
        facets |= flows(**{into: (draw(NAMES), draw(st.sampled_from("xyz"))) for into in draw(COLUMNS)})
    if draw(st.integers(0, 4)) == 0:
        facets["symlinks"] = {"identifiers": [{"namespace": "hive://m", "name": draw(NAMES), "type": "TABLE"}]}
    found = dataset(draw(NAMES), *draw(COLUMNS), **facets)
    for field in found["facets"].get("schema", {}).get("fields", []):
        field["type"] = draw(st.sampled_from(["int", "text"]))
        if draw(st.booleans()):
            field["description"] = draw(st.sampled_from(["one", "two"]))
    return found


@st.composite
def told(draw: st.DrawFn) -> dict[str, Any]:
    """An event of one of a few runs of a few jobs, or about a dataset alone."""
    at = draw(st.integers(0, 6))
    if draw(st.integers(0, 9)) == 0:
        return {"eventTime": event(at)["eventTime"], "producer": "p", "dataset": draw(datasets())}
    type = draw(st.sampled_from(["START", "RUNNING", "COMPLETE", "COMPLETE", "OTHER", "FAIL"]))
    sides = [draw(st.lists(datasets(), max_size=2)) for _ in range(2)]
    return event(at, type, draw(st.sampled_from(["r1", "r2", "r3"])), draw(st.sampled_from(["j1", "j2"])), *sides)

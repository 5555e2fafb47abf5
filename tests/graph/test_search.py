"""Search: the same hits in the same order on both engines, however a name is written."""

from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.facts import Kind
from graph.refusals import BadInput, NotFound
from graph.search import KINDS, Search, matched
from tests.graph.stating import state

FACTS: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": "j", "name": "盐城市", "code": "320900"},
    {"fact": "jurisdiction", "id": "j.1", "name": "亭湖区", "code": "320902", "within": "j"},
    {"fact": "department", "id": "d", "name": "盐城市公安局", "short_name": "市公安局", "jurisdiction": "j"},
    {"fact": "department", "id": "d.1", "name": "亭湖分局", "aliases": ["区公安局"], "jurisdiction": "j.1"},
    {"fact": "department", "id": "d.2", "name": "档案馆"},
    {"fact": "system", "id": "s", "name": "人口管理系统", "code": "RK-2018（一）", "department": "d"},
    {"fact": "system", "id": "s.2", "name": "ＨＲ ｓｙｓｔｅｍ", "department": "d.2"},
    {"fact": "resource", "id": "r", "name": "人口", "provider": "d.1", "code": "3070150900001/000001"},
    {"fact": "resource", "id": "r.1", "name": "人口基础信息", "system": "s"},
    {"fact": "resource", "id": "r.2", "name": "常住人口信息", "provider": "d.2"},
    {
        "fact": "resource",
        "id": "r.3",
        "name": "流动 人口登记",
        "provider": "nobody",
        "system": "s",
        "aliases": ["人口"],
    },
    {"fact": "field", "id": "f", "name": "人口", "resource": "r.1"},
    {"fact": "field", "id": "f.2", "name": "100%_*[a-z]\"'\\", "resource": "r.2"},
    {"fact": "element", "id": "e", "name": "身份证號碼", "aliases": ["SFZH"]},
    {"fact": "agreement", "id": "a", "name": "人口共享", "provider": "d", "consumer": "d.2", "covers": ["r"]},
]


async def hits(graph: Graph, text: str, kinds: list[Kind] | None = None, within: str | None = None) -> list[str]:
    """The ids of all hits, best first; counted and paged one by one as well."""
    search = Search(graph, text, kinds, within)
    found = await search.hits(None, 100)
    assert await search.count() == len(found)
    paged = []
    after = None
    while page := await search.hits(after, 1):
        paged += page
        after = page[0].position
    assert paged == found
    return [hit.record["id"] for hit in found]


async def test_search_ranks_and_finds_however_it_is_written(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    # Exact name (shorter and earlier kinds first), exact alias, beginning, anywhere.
    assert await hits(graph, "人口") == ["r", "f", "r.3", "a", "s", "r.1", "r.2"]
    for same in ("人 口", " 人口 ", "「人口」", "人-口"):
        assert await hits(graph, same) == await hits(graph, "人口")
    assert await hits(graph, "人口", [Kind.SYSTEM, Kind.FIELD]) == ["f", "s"]
    assert await hits(graph, "人口", []) == []
    assert await hits(graph, "口") == ["r", "f", "a", "s", "r.1", "r.2", "r.3"]
    assert await hits(graph, "公安局") == ["d.1", "d"]
    assert await hits(graph, "市公安局") == ["d"]
    assert await hits(graph, "hr system") == await hits(graph, "ＨＲＳＹＳＴＥＭ") == ["s.2"]
    assert await hits(graph, "身份证号码") == await hits(graph, "身份證号碼") == ["e"]
    assert await hits(graph, "sfzh") == ["e"]
    assert await hits(graph, "rk2018一") == ["s"]
    assert await hits(graph, "3070150900001/000001") == ["r"]
    assert await hits(graph, "流动人口") == ["r.3"]


@pytest.mark.parametrize("text", ["%", "*", "_", ".*", "a~", "a AND b", "+x", "(", "[", "\\", "'", '"', "`", "人口\n"])
async def test_no_character_means_anything(graph: Graph, tmp_path: Path, text: str) -> None:
    """Wildcards, Lucene's operators and quotes are punctuation, which says nothing in a name."""
    await state(graph, tmp_path, FACTS)
    found = await hits(graph, text)
    assert found == (await hits(graph, "人口") if "人口" in text else found)
    assert len(found) < len(FACTS) - 1


async def test_punctuation_within_a_name_is_passed_over(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    assert await hits(graph, "100%_*[a") == await hits(graph, "100a-z") == ["f.2"]
    assert await hits(graph, "' OR 1=1 RETURN n //") == []


async def test_within_a_container_lies_what_it_holds_in_any_depth(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    assert await hits(graph, "人口", within="j") == ["r", "f", "a", "s", "r.1"]
    assert await hits(graph, "人口", within="j.1") == ["r"]
    assert await hits(graph, "人口", within="d") == ["f", "a", "s", "r.1"]
    assert await hits(graph, "人口", within="s") == ["f", "r.3", "s", "r.1"]
    assert await hits(graph, "人口", within="r") == ["r", "a"]
    assert await hits(graph, "人口", within="r.1") == ["f", "r.1"]
    assert await hits(graph, "亭湖", within="j") == ["j.1", "d.1"]
    with pytest.raises(NotFound, match="the registry does not know nowhere"):
        await hits(graph, "人口", within="nowhere")
    with pytest.raises(BadInput, match="within: f is a Field"):
        await hits(graph, "人口", within="f")


async def test_placeholders_and_closed_things_are_not_found(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    assert await hits(graph, "nobody") == []
    await state(graph, tmp_path, [fact for fact in FACTS if fact["id"] not in ("f", "a")], full=True)
    assert await hits(graph, "人口") == ["r", "r.3", "s", "r.1", "r.2"]


@pytest.mark.parametrize("text", ["", " ", "\t\u3000", "人" * 301])
def test_a_text_of_nothing_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="text: ") as refused:
        Search(None, text, None, None)  # type: ignore[arg-type]
    assert refused.value.argument == "text"


@pytest.mark.parametrize(
    ("name", "key", "part"),
    [
        ("流动 人口登记", "人口", "人口"),
        ("流动 人 口登记", "人口", "人 口"),
        ("ＨＲ ｓｙｓｔｅｍ", "rsys", "Ｒ ｓｙｓ"),
        ("身份證號碼", "证号", "證號"),
        ("\U00020000局㈱x", "局株", "局㈱"),
        ("é́x", "x", "x"),
        ("ﬁsch", "is", "ﬁs"),
    ],
)
def test_the_part_that_matched_is_told_in_the_name_as_it_is_written(name: str, key: str, part: str) -> None:
    match = matched({"kind": Kind.RESOURCE, "id": "r", "name": name}, key)
    assert (match.key, match.text, name[match.start : match.end]) == ("name", name, part)


def test_the_best_of_several_matches_is_shown() -> None:
    record = {"kind": Kind.DEPARTMENT, "name": "盐城市公安局", "short_name": "公安", "aliases": ["公安局", "公安"]}
    assert matched(record, "公安").key == "short_name"
    assert matched(record, "公安局").text == "公安局"
    assert matched(record, "城市公").key == "name"


def test_the_order_of_kinds_is_that_of_the_contract() -> None:
    assert ", ".join(KINDS) == "jurisdiction, department, system, resource, field, element, agreement"

"""`registry cycles` as its users meet it."""

import pytest

from tests.registry.running import Commands

CITY = "jurisdiction:320900"


def test_the_table_says_what_leads_round_and_whether_it_comes_back(sample: Commands) -> None:
    out = sample.run("cycles").out
    assert "企业登记基本信息 → 税务登记信息 → 清税证明信息 → 企业登记基本信息" in out
    [line] = [line for line in out.splitlines() if "企业登记基本信息" in line]
    assert line.split()[:2] == ["3", "no"]
    [line] = [line for line in out.splitlines() if "网格人口核实信息" in line]
    assert line.split()[:2] == ["2", "yes:"]
    assert "4 cycles, as of change" in out


def test_json_has_the_shape_of_the_api(sample: Commands) -> None:
    answer = sample.run("cycles", "--level", "department", "--format", "json").json
    assert list(answer) == ["nodes", "pageInfo", "totalCount", "sequence"]
    first = answer["nodes"][0]
    assert list(first) == ["size", "closed", "shortest", "walk", "members", "edges"]
    assert list(first["shortest"]) == ["length", "exact", "nodes", "edges"]
    assert len(first["members"]["nodes"]) == first["size"] == first["members"]["totalCount"] == 18
    assert len(first["edges"]["nodes"]) == first["edges"]["totalCount"] == 42
    member = first["members"]["nodes"][0]
    assert list(member) == ["id", "kind", "name", "resource", "system", "department", "jurisdiction"]
    assert list(first["edges"]["nodes"][0]) == ["source", "target", "count", "fields", "resources", "jobs"]


def test_a_page_says_how_to_go_on(sample: Commands) -> None:
    ask = ("cycles", "--level", "field", "--first", "1")
    out = sample.run(*ask).out
    assert "2 cycles" in out and "1 shown" in out
    after = out.rstrip(".\n").rpartition("--after ")[2]
    rest = sample.run(*ask, "--after", after, "--format", "json").json
    assert len(rest["nodes"]) == 1
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert rest["nodes"] != sample.run(*ask, "--format", "json").json["nodes"]


def test_times_and_containers_narrow_it(sample: Commands) -> None:
    def count(*options: str) -> int:
        found: int = sample.run("cycles", "--format", "json", *options).json["totalCount"]
        return found

    assert count() == 4
    assert count("--within", CITY) == 2
    assert count("--as-of", "2000-01-01") == 0
    assert count("--known-at", "2000-01-01") == 0


def test_mutual_dependence_shows_the_links_that_are_asked_for(sample: Commands) -> None:
    out = sample.run("cycles", "--mutual", "--first", "1", "--links", "2").out
    assert "盐城市政务服务管理办公室 → 盐城市数据局" in out
    assert "行政许可决定信息/有效期截止日期" in out
    assert "… 14 more" in out
    [pair] = sample.run("cycles", "--mutual", "--first", "1", "--format", "json").json["nodes"]
    assert list(pair) == ["one", "other", "count", "closed", "there", "back"]
    assert pair["count"] == pair["there"]["links"]["totalCount"] + pair["back"]["links"]["totalCount"] == 29
    assert list(pair["there"]["links"]["nodes"][0]) == ["source", "target", "job", "validFrom", "validTo"]


@pytest.mark.parametrize(
    ("options", "code", "status", "words"),
    [
        (["--within", "nobody"], "NOT_FOUND", 1, "nobody"),
        (["--first", "1001"], "BAD_INPUT", 2, "0 to 1,000"),
        (["--after", "x"], "BAD_INPUT", 2, "no cursor"),
        (["--as-of", "yesterday"], "BAD_INPUT", 2, "--as-of"),
        (["--level", "planet"], "BAD_INPUT", 2, "--level"),
        (["--links", "-1"], "BAD_INPUT", 2, "--links"),
    ],
)
def test_mistakes_are_one_sentence(sample: Commands, options: list[str], code: str, status: int, words: str) -> None:
    done = sample.run("cycles", *options, "--format", "json")
    assert done.status == status
    assert words in done.err
    assert done.json["errors"][0]["extensions"]["code"] == code

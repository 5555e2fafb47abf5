"""The built-in sample holds what the documentation and the demo promise of it."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Fact = dict[str, Any]

SAMPLE = Path(__file__).parents[1] / "registry" / "sample" / "yancheng.jsonl"
TODAY = "2026-11-01"
UNREGISTERED = {"resource:320900/市供电公司/用电户信息"}

KEYS = {
    "jurisdiction": "id code name level within",
    "department": "id name uscc jurisdiction part_of succeeded_by short_name aliases contacts order",
    "system": "id name department description status code aliases office basis functions duties class"
    " reach secrecy in_use_since retired_on approval money parties building runs_on networks"
    " protection_level use integration",
    "resource": "id name code provider system share_type secrecy aliases classification abstract duties"
    " format_category format_types share_condition share_methods open open_condition update_cycle"
    " update_cycle_text published related_codes office grade",
    "field": "id name resource data_type length element code position raw_type share_type aliases",
    "element": "id name source code data_type length aliases",
    "feeds": "from to job transformation influence",
    "reads": "system resource job",
    "agreement": "id provider consumer system covers status purpose basis share_method frequency office document",
}
REFERENCES = {
    "within": "jurisdiction",
    "jurisdiction": "jurisdiction",
    "part_of": "department",
    "succeeded_by": "department",
    "department": "department",
    "provider": "department",
    "consumer": "department",
    "system": "system",
    "resource": "resource",
    "element": "element",
}
SHARE_TYPES = {"UNCONDITIONAL", "CONDITIONAL", "WITHHELD"}
CODE = re.compile(r"([123])(\d{2})(\d{3})(\d*)/(\d+)")
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

FACTS: list[Fact] = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
THINGS: dict[str, Fact] = {fact["id"]: fact for fact in FACTS if "id" in fact}


def of(kind: str) -> list[Fact]:
    return [fact for fact in FACTS if fact["fact"] == kind]


def in_force(fact: Fact, at: str = TODAY) -> bool:
    return (fact.get("valid_from") or "") <= at < (fact.get("valid_to") or "9999")


def resource_of(ref: str) -> str:
    thing = THINGS.get(ref, {})
    return str(thing["resource"]) if thing.get("fact") == "field" else ref


def provider_of(resource: str) -> str | None:
    thing = THINGS.get(resource, {})
    owner = thing.get("provider") or THINGS.get(thing.get("system", ""), {}).get("department")
    return str(owner) if owner else None


def check_digit(uscc: str) -> str:
    total = sum(USCC_ALPHABET.index(char) * pow(3, at, 31) for at, char in enumerate(uscc[:17]))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def steps(kind: str, at: str = TODAY) -> dict[str, set[str]]:
    """From each field (or resource) the fields (or resources) that it feeds at that time."""
    found: dict[str, set[str]] = defaultdict(set)
    for fact in of("feeds"):
        if in_force(fact, at) and fact["from"].startswith(kind + ":"):
            found[fact["from"]].add(fact["to"])
    return found


def reached(start: str, ways: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = ways.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += new
    return seen


def resource_ways() -> dict[str, set[str]]:
    ways: dict[str, set[str]] = defaultdict(set)
    for fact in of("feeds"):
        if in_force(fact):
            ways[resource_of(fact["from"])].add(resource_of(fact["to"]))
    return ways


def uses() -> Iterator[tuple[str, str, str]]:
    """Each use of data in force now: what is used, its user (a department), the using system."""
    for fact in of("feeds"):
        user = provider_of(resource_of(fact["to"]))
        if in_force(fact) and user:
            yield fact["from"], user, THINGS[resource_of(fact["to"])].get("system", "")
    for fact in of("reads"):
        if in_force(fact):
            yield fact["resource"], THINGS[fact["system"]]["department"], fact["system"]


def is_covered(ref: str, user: str, system: str) -> bool:
    return any(
        {ref, resource_of(ref)} & set(agreement["covers"])
        and (agreement["consumer"] == user or (system and agreement.get("system") == system))
        for agreement in of("agreement")
        if agreement["status"] == "ACTIVE" and in_force(agreement)
    )


def uncovered_uses() -> set[tuple[str, str]]:
    return {
        (resource_of(ref), user)
        for ref, user, system in uses()
        if THINGS.get(resource_of(ref), {}).get("share_type") == "CONDITIONAL"
        and provider_of(resource_of(ref)) != user
        and not is_covered(ref, user, system)
    }


def test_every_line_is_a_fact_of_a_known_kind_with_known_keys_only() -> None:
    common = {"fact", "source", "valid_from", "valid_to"}
    unknown = {(f["fact"], key) for f in FACTS for key in f.keys() - common - set(KEYS[f["fact"]].split())}
    assert unknown == set()


def test_ids_are_stated_once() -> None:
    repeated = [key for key, times in Counter(f["id"] for f in FACTS if "id" in f).items() if times > 1]
    assert repeated == []


def test_ids_begin_with_their_kind() -> None:
    assert [key for key, fact in THINGS.items() if not key.startswith(fact["fact"] + ":")] == []


def test_no_link_is_stated_twice() -> None:
    links = Counter((f["from"], f["to"], f["job"], f["valid_from"]) for f in of("feeds"))
    assert max(links.values()) == 1


def test_containers_and_parties_are_things_of_the_right_kind() -> None:
    wrong = [
        (fact.get("id"), key)
        for fact in FACTS
        for key, kind in REFERENCES.items()
        if key in fact and THINGS.get(fact[key], {}).get("fact") != kind
    ]
    assert wrong == []


def test_elements_name_departments_as_their_sources() -> None:
    sources = {element["source"] for element in of("element") if "source" in element}
    assert {THINGS[source]["fact"] for source in sources} == {"department"}


def test_only_the_power_company_is_fed_from_without_being_registered() -> None:
    ends = {fact[end] for fact in of("feeds") for end in ("from", "to")}
    covered = {ref for agreement in of("agreement") for ref in agreement["covers"]}
    assert (ends | covered) - THINGS.keys() == UNREGISTERED


def test_a_feed_joins_two_fields_or_two_resources() -> None:
    assert [f for f in of("feeds") if f["from"].split(":")[0] != f["to"].split(":")[0]] == []


def test_no_interval_is_empty_or_reversed() -> None:
    assert [f for f in FACTS if (f.get("valid_from") or "") >= (f.get("valid_to") or "9999")] == []


@pytest.mark.parametrize("department", of("department"), ids=lambda fact: str(fact["id"]))
def test_a_credit_code_is_valid_and_carries_its_jurisdiction(department: Fact) -> None:
    uscc = department["uscc"]
    assert len(uscc) == 18
    assert uscc[17] == check_digit(uscc)
    assert uscc[2:8] == THINGS[department["jurisdiction"]]["code"]


def test_credit_codes_differ() -> None:
    assert len({fact["uscc"] for fact in of("department")}) == len(of("department"))


def test_resource_codes_follow_the_national_scheme_and_differ() -> None:
    codes = [resource["code"] for resource in of("resource")]
    assert [code for code in codes if not CODE.fullmatch(code)] == []
    assert len(set(codes)) == len(codes)


def test_codes_of_city_departments_start_with_the_city() -> None:
    own = [r for r in of("resource") if r["id"].startswith("resource:320900/") and r["code"][0] == "3"]
    assert own
    assert all(resource["code"].startswith("3070150900") for resource in own)


def test_related_codes_are_codes_of_the_sample() -> None:
    codes = {resource["code"] for resource in of("resource")}
    assert {code for r in of("resource") for code in r.get("related_codes", [])} <= codes


def test_the_four_levels_form_a_chain() -> None:
    assert Counter(j["level"] for j in of("jurisdiction")) == {
        "NATIONAL": 1,
        "PROVINCIAL": 1,
        "MUNICIPAL": 1,
        "COUNTY": 2,
    }
    ways = {j["id"]: {j["within"]} for j in of("jurisdiction") if "within" in j}
    assert all("jurisdiction:100000" in reached(j, ways) for j in ways)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("department", 40),
        ("element", 30),
        ("system", 12),
        ("resource", 55),
        ("field", 300),
        ("feeds", 300),
        ("reads", 20),
        ("agreement", 12),
    ],
)
def test_there_is_enough_of_each_kind(kind: str, least: int) -> None:
    assert len(of(kind)) >= least


def test_systems_are_in_every_status() -> None:
    assert {system["status"] for system in of("system")} == {"PLANNED", "BUILDING", "LIVE", "RETIRED"}


def test_each_resource_has_three_to_ten_fields() -> None:
    sizes = Counter(field["resource"] for field in of("field"))
    assert set(sizes) == {resource["id"] for resource in of("resource")}
    assert set(sizes.values()) <= set(range(3, 11))


def test_all_three_share_types_occur() -> None:
    assert {resource["share_type"] for resource in of("resource")} == SHARE_TYPES


def test_what_is_not_free_to_share_says_why() -> None:
    for resource in of("resource"):
        if resource["share_type"] != "UNCONDITIONAL":
            assert resource["share_condition"]


def test_what_is_withheld_names_a_law_and_is_not_open() -> None:
    for resource in of("resource"):
        if resource["share_type"] == "WITHHELD":
            assert re.search(r"《.+》", resource["share_condition"])
            assert not resource["open"]


def test_some_resources_lack_a_system_and_one_lacks_a_provider() -> None:
    assert sum("system" not in resource for resource in of("resource")) > 5
    assert sum("provider" not in resource for resource in of("resource")) == 1


def test_population_and_grid_feed_each_other_field_by_field() -> None:
    address = "field:320900/市数据局/人口基础信息/现居住地址"
    assert address in reached(address, steps("field"))


def test_resources_run_in_a_circle() -> None:
    ways = resource_ways()
    licence = "resource:320900/市工商局/企业登记基本信息"
    clearance = "resource:320900/市税务局/清税证明信息"
    assert clearance in reached(licence, ways)
    assert licence in reached(clearance, ways)


def test_civil_affairs_and_social_security_depend_on_each_other() -> None:
    pairs = {
        (provider_of(resource_of(f["from"])), provider_of(resource_of(f["to"]))) for f in of("feeds") if in_force(f)
    }
    civil, social = "department:320900/市民政局", "department:320900/市人社局"
    assert {(civil, social), (social, civil)} <= pairs


def test_a_death_mark_goes_up_to_the_nation_and_down_to_a_county() -> None:
    found = reached("field:320900/市公安局/户籍人口基本信息/死亡标识", steps("field"))
    levels = {ref.split(":")[1].split("/")[0] for ref in found}
    assert {"100000", "320000", "320900", "320902"} <= levels


def test_a_household_address_does_not_reach_a_service_counter() -> None:
    found = reached("field:320900/市公安局/户籍人口基本信息/户籍地址", steps("field"))
    assert not any("/市政务服务办/" in ref for ref in found)


def test_the_tax_rating_was_not_delivered_for_two_years() -> None:
    link = (
        "field:320900/市税务局/纳税信用等级信息/纳税信用级别",
        "field:320900/市发改委/法人信用档案信息/纳税信用级别",
    )
    times = [(f["valid_from"], f.get("valid_to")) for f in of("feeds") if (f["from"], f["to"]) == link]
    assert sorted(times) == [("2017-01-01", "2018-07-01"), ("2020-06-01", None)]


def test_the_organisation_code_feed_has_ended() -> None:
    feeds = [f for f in of("feeds") if "/市质监局/组织机构代码登记信息/" in f["from"]]
    assert {f["valid_to"] for f in feeds} == {"2018-10-01"}


def test_the_household_register_is_a_hub() -> None:
    assert len(resource_ways()["resource:320900/市公安局/户籍人口基本信息"]) >= 10


def test_some_resource_feeds_sum_up_fields_and_some_stand_alone() -> None:
    by_fields = {(resource_of(f["from"]), resource_of(f["to"])) for f in of("feeds") if f["from"].startswith("field:")}
    by_whole = {(f["from"], f["to"]) for f in of("feeds") if f["from"].startswith("resource:")}
    assert len(by_whole & by_fields) >= 3
    assert len(by_whole - by_fields) >= 5


def test_some_influence_is_indirect() -> None:
    assert {"DIRECT", "INDIRECT"} <= {f["influence"] for f in of("feeds") if "influence" in f}


def test_two_jobs_make_two_links_between_the_same_fields() -> None:
    jobs = Counter((f["from"], f["to"]) for f in of("feeds") if in_force(f))
    assert 2 in jobs.values()


def test_agreements_are_active_expired_and_in_review() -> None:
    states = Counter(agreement["status"] for agreement in of("agreement"))
    assert states["ACTIVE"] >= 12
    assert {"EXPIRED", "IN_REVIEW"} <= states.keys()


def test_active_agreements_are_in_force_today() -> None:
    late = [a["id"] for a in of("agreement") if a["status"] == "ACTIVE" and not in_force(a)]
    assert late == []


def test_an_agreement_covers_what_its_provider_provides() -> None:
    for agreement in of("agreement"):
        assert {provider_of(resource_of(ref)) for ref in agreement["covers"]} == {agreement["provider"]}


def test_exactly_two_conditional_uses_lack_an_agreement_in_force() -> None:
    assert uncovered_uses() == {
        ("resource:320900/市卫健委/出生医学证明信息", "department:320900/市教育局"),
        ("resource:320900/市公积金中心/住房公积金缴存信息", "department:320900/市民政局"),
    }


def test_the_housing_fund_agreement_expired_while_the_data_still_flows() -> None:
    fund = "resource:320900/市公积金中心/住房公积金缴存信息"
    to_civil = [a for a in of("agreement") if fund in a["covers"] and a["consumer"].endswith("/市民政局")]
    assert [(a["status"], a["valid_to"]) for a in to_civil] == [("EXPIRED", "2024-07-01")]


def test_the_birth_certificate_flow_never_had_an_agreement() -> None:
    birth = "resource:320900/市卫健委/出生医学证明信息"
    consumers = {a["consumer"] for a in of("agreement") if any(resource_of(ref) == birth for ref in a["covers"])}
    assert "department:320900/市教育局" not in consumers


def names_of(resource: str) -> set[str]:
    fields = [f for f in of("field") if f["resource"] == resource]
    return {f.get("element") or f["name"] for f in fields}


def test_two_departments_check_the_same_families() -> None:
    civil = names_of("resource:320900/市民政局/居民家庭经济状况核对信息")
    housing = names_of("resource:320900/市住建局/住房保障家庭收入核查信息")
    assert len(civil & housing) / min(len(civil), len(housing)) >= 0.6


def test_two_offices_register_the_same_labour_contracts() -> None:
    employment = names_of("resource:320900/市人社局/就业登记信息")
    filing = names_of("resource:320900/市人社局/劳动用工备案信息")
    assert len(employment & filing) / min(len(employment), len(filing)) >= 0.6


def test_the_organisation_code_system_is_a_zombie() -> None:
    zombie = THINGS["system:320900/市质监局/组织机构代码管理系统"]
    assert zombie["status"] == "LIVE"
    assert zombie["duties"] == []
    assert zombie["use"]["registered_users"] < 10
    assert zombie["use"]["uses_a_month"] < 20
    assert zombie["parties"]["maintenance_until"] < "2026-05-01"


def test_abolished_departments_name_their_successors() -> None:
    gone = [d for d in of("department") if "valid_to" in d]
    assert len(gone) >= 5
    assert all("succeeded_by" in department for department in gone)
    assert all("valid_to" not in THINGS[department["succeeded_by"]] for department in gone)


def test_the_file_stays_small() -> None:
    assert SAMPLE.stat().st_size < 400_000

"""Tables by a mapping: what columns become, and what is told of rows and cells."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.catalogue_words import load_words
from connectors.datasets import Column as Registered
from connectors.names import Named
from connectors.table import Table
from connectors.table_mapping import Column, MappingError, TableMapping, built_in, find_mapping, load_mapping, toml_text
from connectors.table_targets import targets, wrong_target
from connectors.table_values import Values
from graph.facts import KEYS, Kind, Link, Severity
from tests.connectors import tables
from tests.connectors import workbooks as make


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


# ---- mappings


def test_every_mapping_that_is_built_in_can_be_written_and_read_again() -> None:
    import tomllib

    for name, mapping in built_in().items():
        told = ["a note"] * len(mapping.columns)
        assert load_mapping(tomllib.loads(toml_text(mapping, told)), name) == mapping


def test_every_target_with_words_can_be_mapped() -> None:
    assert {path: wrong for path in targets() if (wrong := wrong_target(path))} == {}


PATHS = st.sampled_from(sorted(targets()))
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8)


@settings(deadline=None)
@given(
    paths=st.lists(PATHS, min_size=1, max_size=5, unique=True),
    headers=st.lists(WORDS, min_size=1, max_size=3),
    values=st.dictionaries(WORDS, WORDS, max_size=3),
    split=st.none() | WORDS,
)
def test_a_mapping_says_the_same_after_it_was_saved(
    paths: list[str], headers: list[str], values: dict[str, str], split: str | None
) -> None:
    import tomllib

    columns = [Column(header=tuple(headers), to=(path,), values=values, split=split) for path in paths]
    mapping = TableMapping(columns=tuple(columns), title="[[columns]] # not a comment")
    assert load_mapping(tomllib.loads(toml_text(mapping, ["[[columns]]\n"] * len(columns))), "x") == mapping


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nothing.name", "there is no kind nothing"),
        ("resource", "must name a key"),
        ("resource.colour", "a resource has no colour"),
        ("resource.provider.status", "has no status"),
        ("system.money", "has parts"),
        ("resource.name.first", "has no parts"),
        ("feeds.sideways", "feeds has no sideways"),
        ("task.colour", "a task has no colour"),
    ],
)
def test_a_column_that_cannot_become_what_it_says_is_refused(path: str, says: str) -> None:
    with pytest.raises(MappingError, match=says):
        load_mapping({"columns": [{"header": ["a"], "to": [path]}]}, "mine")


def test_two_columns_cannot_become_one_thing() -> None:
    with pytest.raises(MappingError, match=r"resource\.name stands twice"):
        load_mapping(tables.columns(a="resource.name", b="resource.name"), "mine")


def test_a_saved_mapping_comes_before_one_that_is_built_in(tmp_path: Path) -> None:
    (tmp_path / "demands.toml").write_text(
        'title = "ours"\n[[columns]]\nheader = ["甲"]\nto = ["system.name"]\n', "utf-8"
    )
    assert find_mapping("demands", tmp_path).title == "ours"
    assert find_mapping("elements", tmp_path) == built_in()["elements"]
    with pytest.raises(MappingError, match="there is no mapping other; there are demands"):
        find_mapping("other", tmp_path)


def test_a_mapping_that_is_not_there_or_wrong_is_a_finding(tmp_path: Path) -> None:
    path = tables.systems_csv(tmp_path)
    found = tables.pull(path, "other").finding("MAPPING_UNKNOWN")
    assert found.severity is Severity.ERROR
    (tmp_path / "broken.toml").write_text("columns = 3", encoding="utf-8")
    assert "cannot be used" in tables.pull(path, "broken").finding("MAPPING_UNKNOWN").message


# ---- what rows become


def test_a_list_of_systems_is_read_by_its_headers(tmp_path: Path) -> None:
    pulled = tables.pull(tables.systems_csv(tmp_path, "gb18030"))
    relief = pulled.named(Kind.SYSTEM, "社会救助管理系统")
    assert relief.values == {
        "name": "社会救助管理系统",
        "department": "department:320900/市民政局",
        "functions": ["受理", "审核"],
        "status": "LIVE",
    }
    assert relief.id == "system:320900/市民政局/社会救助管理系统"
    assert relief.raw == {"status": "在用"}
    assert not relief.given_id
    assert pulled.named(Kind.SYSTEM, "婚姻登记系统").extra == {"备注": "二期", "系统编码": "008"}
    assert {thing.values["name"] for thing in pulled.of(Kind.DEPARTMENT)} == {"市民政局", "市人社局"}


def test_codes_keep_their_leading_zeros_and_identify_before_names(tmp_path: Path) -> None:
    mapping = tables.columns(系统名称="system.name", 系统编码="system.code", 主管部门="system.department")
    pulled = tables.pull(tables.systems_csv(tmp_path), mapping)
    system = pulled.named(Kind.SYSTEM, "社会救助管理系统")
    assert (system.values["code"], system.id) == ("007", "system:320900/市民政局/007")


def test_a_row_may_say_of_a_department_a_system_a_resource_and_a_field(tmp_path: Path) -> None:
    path = text(
        tmp_path / "a.csv",
        "部门,系统,表,字段,类型\n市民政局,救助系统,低保对象,姓名,varchar(50)\n市民政局,救助系统,低保对象,住址,clob\n",
    )
    mapping = tables.columns(
        部门="resource.provider", 系统="resource.system", 表="resource.name", 字段="field.name", 类型="field.data_type"
    )
    pulled = tables.pull(path, mapping)
    resource = pulled.one(Kind.RESOURCE)
    assert resource.values == {
        "name": "低保对象",
        "provider": "department:320900/市民政局",
        "system": "system:320900/市民政局/救助系统",
    }
    assert pulled.one(Kind.SYSTEM).values["department"] == "department:320900/市民政局"
    assert [field.values["resource"] for field in pulled.of(Kind.FIELD)] == [resource.id] * 2
    assert pulled.named(Kind.FIELD, "姓名").values["data_type"] == "C"
    assert pulled.named(Kind.FIELD, "姓名").values["raw_type"] == "varchar(50)"


def test_ids_are_kept_as_they_are(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "id,name,provider\nresource:x,甲,department:y\n")
    thing = tables.pull(path, tables.columns(id="resource.id", name="resource.name", provider="resource.provider")).one(
        Kind.RESOURCE
    )
    assert (thing.id, thing.given_id, thing.values["provider"]) == ("resource:x", True, "department:y")


def test_values_constants_and_lists_of_the_mapping_count(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "名称,共享,别名\n甲,不限,乙/丙\n")
    mapping = {
        "constants": {"resource.secrecy": "内部", "resource.provider": "市数据局"},
        "columns": [
            {"header": ["名称"], "to": ["resource.name"]},
            {"header": ["共享"], "to": ["resource.share_type"], "values": {"不限": "UNCONDITIONAL"}},
            {"header": ["别名"], "to": ["resource.aliases"], "split": "/"},
        ],
    }
    values = tables.pull(path, mapping).one(Kind.RESOURCE).values
    assert values["share_type"] == "UNCONDITIONAL"
    assert (values["secrecy"], values["aliases"]) == ("INTERNAL", ["乙", "丙"])
    assert values["provider"] == "department:320900/市数据局"


def test_a_credit_code_identifies_a_department_and_its_jurisdiction(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", f"名称,提供方代码\n甲,{make.AUDIT}\n")
    pulled = tables.pull(path, tables.columns(名称="resource.name", 提供方代码="resource.provider.uscc"))
    assert pulled.one(Kind.RESOURCE).values["provider"] == f"department:320600/{make.AUDIT}"
    assert {thing.id for thing in pulled.of(Kind.JURISDICTION)} >= {"jurisdiction:320600", "jurisdiction:100000"}


def test_flows_join_what_the_registry_has_and_build_what_it_has_not(tmp_path: Path) -> None:
    path = text(
        tmp_path / "a.csv",
        "源表,源字段,目标表,目标字段,作业\n人口库,身份证号,低保对象,证件号,夜间\n人口库,,低保对象,,夜间\n",
    )
    mapping = tables.columns(
        源表="feeds.from.resource", 源字段="feeds.from.field", 目标表="feeds.to.resource", 目标字段="feeds.to.field",
        作业="feeds.job",
    )  # fmt: skip
    names = tables.Names(
        {(Kind.RESOURCE, "人口库"): [Named("resource:p", "department:gaj")]},
        {"resource:p": [Registered("field:p/sfzh", "身份证号")]},
    )
    pulled = tables.pull(path, mapping, names=names)
    links = [item for item in pulled.items if isinstance(item, Link)]
    assert [(link.start, link.end, link.values["job"]) for link in links] == [
        ("field:p/sfzh", "field:320900/低保对象/证件号", "夜间"),
        ("resource:p", "resource:320900/低保对象", "夜间"),
    ]
    assert {found.value for found in pulled.findings if found.code == "END_NOT_KNOWN"} == {"低保对象"}


def test_systems_that_read_resources_are_links(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "系统,资源\nsystem:s,resource:r\n")
    pulled = tables.pull(path, tables.columns(系统="reads.system", 资源="reads.resource"))
    (link,) = [item for item in pulled.items if isinstance(item, Link)]
    assert (link.flow, link.start, link.end) == ("READS", "resource:r", "system:s")


def test_a_name_that_the_registry_knows_is_that_thing_and_is_not_stated_anew(tmp_path: Path) -> None:
    names = tables.Names({(Kind.DEPARTMENT, "市民政局"): [Named("department:mzj", tables.CITY)]}, {})
    pulled = tables.pull(tables.systems_csv(tmp_path), names=names)
    assert pulled.named(Kind.SYSTEM, "婚姻登记系统").values["department"] == "department:mzj"
    assert [thing.values["name"] for thing in pulled.of(Kind.DEPARTMENT)] == ["市人社局"]
    elsewhere = tables.Names({(Kind.DEPARTMENT, "市民政局"): [Named("department:mzj", "jurisdiction:1")]}, {})
    pulled = tables.pull(tables.systems_csv(tmp_path), names=elsewhere)
    assert pulled.named(Kind.SYSTEM, "婚姻登记系统").values["department"] == "department:320900/市民政局"


# ---- demands


def _registry(**providers: str) -> tables.Names:
    return tables.Names(
        {(Kind.RESOURCE, name): [Named(f"resource:{name}", id)] for name, id in providers.items()},
        {"resource:低保对象信息": [Registered("field:x/姓名", "姓名"), Registered("field:x/sfz", "证件", "身份证号")]},
    )


def test_a_demand_is_an_agreement_that_is_asked_for(tmp_path: Path) -> None:
    names = _registry(低保对象信息="department:mzj")
    pulled = tables.pull(tables.demands(tmp_path), names=names)
    wanted = pulled.named(Kind.AGREEMENT, "低保对象信息")
    assert wanted.values == {
        "name": "低保对象信息",
        "consumer": "department:320900/市教育局",
        "provider": "department:mzj",
        "covers": ["field:x/姓名", "field:x/sfz"],
        "purpose": "学生资助",
        "status": "SUBMITTED",
    }
    unknown = pulled.named(Kind.AGREEMENT, "婚姻登记信息")
    assert "covers" not in unknown.values
    assert unknown.extra == {"信息资源名称": ["婚姻登记信息"], "信息项名称": ["姓名"]}
    assert pulled.found("COVERS_UNKNOWN") == [("需求", 3, "C"), ("需求", 3, "D")]


def test_a_field_that_is_not_there_leaves_the_resource_as_a_whole(tmp_path: Path) -> None:
    path = make.workbook(
        tmp_path / "a.xlsx", {"需求": [*tables.DEMANDS[:1], (1, "市教育局", "低保对象信息", "姓名、户口", "用")]}
    )
    wanted = tables.pull(path, names=_registry(低保对象信息="department:mzj")).one(Kind.AGREEMENT)
    assert wanted.values["covers"] == ["field:x/姓名", "resource:低保对象信息"]
    assert wanted.extra == {"信息项名称": ["户口"]}


def test_two_demands_of_one_resource_by_one_department_are_two(tmp_path: Path) -> None:
    rows = [
        tables.DEMANDS[0],
        (1, "市教育局", "人口", "姓名", "甲"),
        (2, "市教育局", "人口", "住址", "乙"),
        (3, "市教育局", "人口", "姓名", "甲"),
    ]
    pulled = tables.pull(make.workbook(tmp_path / "a.xlsx", {"需求": rows}))
    assert [(thing.id, thing.values["purpose"]) for thing in pulled.of(Kind.AGREEMENT)] == [
        ("agreement:320900/市教育局/人口", "甲"),
        ("agreement:320900/市教育局/人口~2", "乙"),
    ]


def test_rows_of_one_agreement_add_up_what_it_covers(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "协议,使用方,资源\n一号,市教育局,resource:a\n一号,市教育局,resource:b\n")
    mapping = tables.columns(协议="agreement.name", 使用方="agreement.consumer", 资源="agreement.covers")
    assert tables.pull(path, mapping).one(Kind.AGREEMENT).values["covers"] == ["resource:a", "resource:b"]


def test_tasks_are_told_whole_and_not_taken(tmp_path: Path) -> None:
    path = text(
        tmp_path / "a.csv", "序号,工作任务,牵头单位,协同单位,时序进度\n1,整合系统,市经信委,各部门,年底前\n2,,,,\n"
    )
    assert Table.recognises(path)
    pulled = tables.pull(path)
    assert pulled.things == []
    told = pulled.finding("TASK_NOT_TAKEN")
    assert told.value == "1 整合系统; lead: 市经信委; partners: 各部门; due: 年底前"
    assert pulled.found("ROW_WITHOUT_KEY") == [("", 3, "")]


# ---- odd rows and cells


def test_rows_that_are_shorter_or_longer_than_the_headers_are_told_with_their_number(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "系统名称,主管部门,系统功能\n甲\n乙,市民政局,登记,更多,还有\n丙,市民政局,登记\n")
    pulled = tables.pull(path)
    assert (pulled.found("ROW_SHORT"), pulled.found("ROW_LONG")) == ([("", 2, "")], [("", 3, "")])
    assert pulled.named(Kind.SYSTEM, "乙").extra == {"D": "更多", "E": "还有"}
    assert len(pulled.of(Kind.SYSTEM)) == 3


def test_merged_cells_and_cells_to_be_filled_down(tmp_path: Path) -> None:
    rows = [
        ("部门", "系统名称", "级别"),
        ("市民政局", "甲", "市"),
        (None, "乙", None),
        ("市人社局", "丙", "省"),
        (None, "丁", None),
    ]
    path = make.workbook(tmp_path / "a.xlsx", {"清单": rows}, lambda sheet: sheet.merge_cells("A2:A3"))
    mapping = {
        "columns": [
            {"header": ["部门"], "to": ["system.department"]},
            {"header": ["系统名称"], "to": ["system.name"]},
            {"header": ["级别"], "to": ["system.reach"], "fill_down": True},
        ]
    }
    pulled = tables.pull(path, mapping)
    assert pulled.named(Kind.SYSTEM, "乙").values["department"] == "department:320900/市民政局"
    assert "department" not in pulled.named(Kind.SYSTEM, "丁").values
    assert [thing.values["reach"] for thing in pulled.of(Kind.SYSTEM)] == ["CITY", "CITY", "PROVINCE", "PROVINCE"]


def test_all_sheets_that_fit_are_read_hidden_ones_too_or_the_one_that_is_asked_for(tmp_path: Path) -> None:
    head = ("系统名称", "主管部门", "系统功能")
    path = make.workbook(
        tmp_path / "a.xlsx", {"一": [head, ("甲", "x", "y")], "二": [head, ("乙", "x", "y")], "说明": [("不是表",)]}
    )
    pulled = tables.pull(path)
    assert {thing.values["name"] for thing in pulled.of(Kind.SYSTEM)} == {"甲", "乙"}
    assert [sheet for sheet, _, _ in pulled.found("SHEET_NOT_READ")] == ["说明"]
    one = tables.pull(path, settings={"sheet": "二"})
    assert one.one(Kind.SYSTEM).values["name"] == "乙"
    assert "there are 一, 二" in tables.pull(path, settings={"sheet": "三"}).finding("SHEET_UNKNOWN").message


def test_the_header_may_stand_anywhere_or_where_it_is_said(tmp_path: Path) -> None:
    rows = [
        ("系统清单",),
        (None,),
        ("系统名称", "主管部门", "系统功能"),
        ("甲", "市民政局", "登记"),
    ]
    path = make.workbook(tmp_path / "a.xlsx", {"一": rows})
    assert tables.pull(path).one(Kind.SYSTEM).place.row == 4
    mapping = {"header_row": 4, **tables.columns(甲="system.name", 登记="system.functions")}
    assert tables.pull(path, mapping).things == []
    assert tables.pull(path, mapping).finding("MAPPING_USED").place.row == 4


def test_dates_numbers_and_formulas_of_a_workbook(tmp_path: Path) -> None:
    from datetime import date

    rows = [("名称", "编码", "长度", "发布", "公式"), ("甲", 1234567890123456789, 50, date(2018, 6, 20), "=1+1")]
    path = make.workbook(tmp_path / "a.xlsx", {"一": rows})
    mapping = tables.columns(
        名称=("resource.name", "field.name"), 编码="resource.code", 长度="field.length", 发布="resource.published"
    )
    pulled = tables.pull(path, mapping)
    assert pulled.one(Kind.RESOURCE).values["published"] == "2018-06-20"
    assert "code" not in pulled.one(Kind.RESOURCE).values
    assert pulled.one(Kind.FIELD).values["length"] == 50
    assert pulled.found("NUMBER_FOR_CODE") == [("一", 2, "B")]


def test_values_that_cannot_be_taken_are_told_and_kept_raw(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "名称,表,长度,类型\n姓名,人口,很长,奇怪\n")
    mapping = tables.columns(名称="field.name", 表="resource.name", 长度="field.length", 类型="field.data_type")
    pulled = tables.pull(path, mapping)
    field = pulled.one(Kind.FIELD)
    assert (field.raw, field.values["raw_type"]) == ({"length": "很长", "data_type": "奇怪"}, "奇怪")
    assert pulled.found("BAD_VALUE") == [("", 2, "C"), ("", 2, "D")]


def test_logins_are_stored_nowhere(tmp_path: Path) -> None:
    path = text(
        tmp_path / "a.csv", "系统名称,系统访问地址,主管部门,备注\n甲,http://x 账号admin,市民政局,密码: abc123\n"
    )
    pulled = tables.pull(path)
    assert "runs_on" not in pulled.one(Kind.SYSTEM).values
    assert len(pulled.found("PASSWORD_IN_CELL")) == 2
    assert "abc123" not in repr(pulled.items)
    assert "admin" not in repr(pulled.items)


def test_two_rows_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "系统名称,主管部门,系统状态\n甲,市民政局,在用\n甲,市民政局,停用\n")
    pulled = tables.pull(path)
    assert pulled.one(Kind.SYSTEM).values["status"] == "RETIRED"
    assert pulled.found("ROWS_DIFFER") == [("", 3, "")]


def test_the_same_finding_is_told_a_thousand_times_and_then_counted(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "系统名称,主管部门,系统状态\n" + "x,市民政局\n" * 1_500)
    pulled = tables.pull(path)
    assert len(pulled.found("ROW_SHORT")) == 1_000
    assert "500 more" in pulled.finding("MORE").message


def test_quotes_that_keep_formulas_from_running_are_taken_off(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "系统名称,主管部门,系统功能\n'=1+1,'@x,'s\n")
    system = tables.pull(path).one(Kind.SYSTEM)
    assert (system.values["name"], system.values["functions"]) == ("=1+1", ["'s"])


def test_a_table_with_no_mapping_is_read_as_its_headers_suggest_and_that_is_told(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "資源名稱;提供部門;更新頻率\n人口;市公安局;每日\n")
    assert not Table.recognises(path)
    pulled = tables.pull(path)
    assert pulled.one(Kind.RESOURCE).values["update_cycle"] == "DAILY"
    assert "資源名稱 → resource.name" in pulled.finding("MAPPING_SUGGESTED").message
    odd = tables.pull(text(tmp_path / "b.csv", "甲;乙\n1;2\n"))
    assert (odd.things, odd.finding("MAPPING_UNKNOWN").severity) == ([], Severity.ERROR)


@pytest.mark.parametrize("encoding", ["no-such", "utf-8"])
def test_an_encoding_that_does_not_exist_is_a_finding(tmp_path: Path, encoding: str) -> None:
    pulled = tables.pull(tables.systems_csv(tmp_path), settings={"encoding": encoding})
    assert ("FILE_NOT_READ" in pulled.codes()) == (encoding == "no-such")


def test_old_workbooks_and_open_documents_are_read_where_the_connector_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    make.ods(path, "清单", [("系统名称", "主管部门", "系统功能"), ("甲", "市民政局", "登记")])
    assert Table.recognises(path)
    assert tables.pull(path).one(Kind.SYSTEM).values["name"] == "甲"


# ---- values


WITH_WORDS = [target for target in targets().values() if target.values is not None]


@pytest.mark.parametrize("target", WITH_WORDS, ids=lambda target: target.path)
def test_what_a_template_offers_is_taken_for_the_value_that_it_stands_for(target: object) -> None:
    from connectors.table_targets import Target, key_of, value_words

    assert isinstance(target, Target) and target.values
    values = Values(load_words(None), __import__("datetime").UTC)
    key = key_of(target.path)
    for value, words in value_words()[target.values].items():
        for word in (words[0], value):
            taken, wrong = values.value(target.path, word, None)
            assert wrong is None
            assert str(taken).lower() == value.lower()
    assert key is not None
    assert not key.values or set(key.values) == set(value_words()[target.values])


def test_every_key_of_a_kind_but_objects_and_times_has_a_column() -> None:
    left = {
        f"{kind}.{name}"
        for kind, keys in KEYS.items()
        if kind is not Kind.JURISDICTION
        for name, key in keys.items()
        if f"{kind}.{name}" not in targets() and key.shape.value not in ("object", "time")
    }
    assert left == {"department.order", "resource.update_cycle_text", "field.raw_type"}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=10)] * 3), max_size=8
    )
)
def test_each_row_with_a_name_is_a_thing_and_each_other_one_is_told(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    import csv

    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("系统名称", "系统编码", "系统简介"), *rows])
    mapping = tables.columns(系统名称="system.name", 系统编码="system.code", 系统简介="system.description")
    pulled = tables.pull(path, mapping, settings={"delimiter": ",", "encoding": "utf-8"})
    stated = {thing.place.row for thing in pulled.of(Kind.SYSTEM)}
    told = {row for _, row, _ in pulled.found("ROW_WITHOUT_KEY")}
    assert not stated & told
    words = load_words(None)
    for thing in pulled.of(Kind.SYSTEM):
        said = [thing.values[name] for name in ("name", "code") if name in thing.values]
        assert said and not any(map(words.says_nothing, said))

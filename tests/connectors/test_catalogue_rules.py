"""Each rule of the findings table: made on purpose, found at its sheet, row and column, and what was done."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.catalogue_findings import RULES
from graph.facts import Kind
from tests.connectors import workbooks as make

J, G, N = "信息资源导入模板", "信息资源", "政务信息资源目录"
CODE = make.AUDIT + "{:015d}"
Made = tuple[Callable[..., Path], list[Mapping[str, Any]], list[tuple[str, int | None, str]]]
ENVIRONMENT = {
    "data_provider": "市生态环境局",
    "provider": "市生态环境局",
    "data_provider_code": make.ENVIRONMENT,
    "provider_code": make.ENVIRONMENT,
}
OTHER = ENVIRONMENT | {"code": make.ENVIRONMENT + "000000000000001"}

CASES: dict[str, Made] = {
    "USCC_CHECK": (make.jiangsu, [{"provider_code": make.WRONG}, {"provider_code": make.WRONG}], [(J, 3, "G")]),
    "USCC_OF_SEVERAL_NAMES": (make.national, [{}, {"提供方": "市大数据局", "信息项名称": "性别"}], [(N, 3, "H")]),
    "NAME_OF_SEVERAL_USCC": (
        make.national,
        [{}, {"提供方代码": make.AUDIT, "信息资源代码": "3070150900002/000001"}],
        [(N, 3, "H")],
    ),
    "PROVIDER_MISSING": (make.national, [{"提供方": "无", "提供方代码": None}], [(N, 2, "G")]),
    "PROVIDERS_DIFFER": (
        make.jiangsu,
        [{"data_provider": "市生态环境局", "data_provider_code": make.ENVIRONMENT}],
        [(J, 3, "A"), (J, 3, "B")],
    ),
    "JURISDICTION_UNKNOWN": (make.national, [{"提供方代码": None}], [(N, 2, "G")]),
    "SYSTEM_PLACEHOLDER": (
        make.jiangsu,
        [{"system": text, "field": f"f{text}"} for text in ("无", "*", "其他", "-", "/", "暂无", "未知", "无。")],
        [(J, row, "O") for row in range(3, 11)],
    ),
    "SYSTEM_DOUBTFUL": (
        make.jiangsu,
        [{"system": "无系统录入"}, OTHER | {"system": "市审计局"}],
        [(J, 3, "O"), (J, 4, "O")],
    ),
    "SYSTEMS_DIFFER": (make.jiangsu, [{}, {"field": "金额", "system": "另一系统"}], [(J, 3, "O")]),
    "SYSTEM_NAMED_BY_SEVERAL": (make.jiangsu, [{}, OTHER | {"name": "环境监测"}], [(J, 3, "O")]),
    "ROW_WITHOUT_RESOURCE": (make.national, [{"信息资源名称": "无", "信息资源代码": None}], [(N, 2, "E")]),
    "NAME_PLACEHOLDER": (make.jiangsu, [{"name": "无"}, {"name": "无", "field": "金额"}], [(J, 3, "D")]),
    "NAME_IS_SYSTEM": (make.jiangsu, [{"name": "审计 管理系统"}], [(J, 3, "D")]),
    "NAMES_DIFFER_BY_WIDTH": (
        make.jiangsu,
        [{"field": "同比增长(%)"}, {"field": "同比增长（%）"}, {"name": "《审计项目》", "code": CODE.format(2)}],
        [(J, 4, "L"), (J, 5, "D")],
    ),
    "NAME_USED_BY_SEVERAL": (make.jiangsu, [{}, OTHER], [(J, 3, "D")]),
    "SEVERAL_CODES": (make.jiangsu, [{}, {"code": CODE.format(2)}, {"code": CODE.format(3)}], [(J, 3, "D")]),
    "CODE_OF_SEVERAL_NAMES": (make.jiangsu, [{}, {"name": "审计结果", "field": "结论"}], [(J, 4, "D")]),
    "CODE_OF_SEVERAL_PROVIDERS": (make.jiangsu, [{}, ENVIRONMENT], [(J, 3, "D")]),
    "CODE_OF_OTHER_PROVIDER": (make.jiangsu, [ENVIRONMENT], [(J, 3, "P")]),
    "CODE_PATTERN": (make.national, [{"信息资源代码": "A-17"}], [(N, 2, "F")]),
    "NUMBER_FOR_CODE": (make.jiangsu, [{"code": 113206000142080131000}], [(J, 3, "P")]),
    "ROWS_DIFFER": (make.jiangsu, [{}, {"field": "金额", "abstract": "另一摘要"}], [(J, 4, "H")]),
    "CYCLE_UNKNOWN": (
        make.jiangsu,
        [{"cycle": "无"}, {"field": "金额", "cycle": "5年选举周期"}, {"field": "日期"}],
        [(J, 3, "K"), (J, 4, "K")],
    ),
    "SHARE_TYPE_MISSING": (make.jiangsu, [{}, {"field": "金额"}], [(J, 3, "I")]),
    "CONDITION_MISSING": (make.national, [{"共享条件": "无"}], [(N, 2, "P")]),
    "WITHHELD_WITHOUT_BASIS": (make.national, [{"共享类型": "不予共享", "共享条件": "涉密"}], [(N, 2, "P")]),
    "OPEN_BUT_WITHHELD": (
        make.national,
        [{"共享类型": "不予共享", "共享条件": "《保密法》第九条", "是否向社会开放": "是"}],
        [(N, 2, "S")],
    ),
    "TYPE_NOT_OF_FORMAT": (
        make.national,
        [{"格式分类": "电子表格", "格式类型": "oracle", "共享方式类型": "文件"}],
        [(N, 2, "K")],
    ),
    "FILE_WITH_DATABASE_METHOD": (make.national, [{"格式分类": "电子表格", "格式类型": "xlsx"}], [(N, 2, "R")]),
    "NOT_ON_LIST": (
        make.national,
        [{"共享类型": "看情况", "是否向社会开放": "或许", "数据类型": "?", "共享方式类型": "飞鸽", "格式类型": "foo"}],
        [(N, 2, "K"), (N, 2, "M"), (N, 2, "O"), (N, 2, "R"), (N, 2, "S")],
    ),
    "DATE_UNKNOWN": (make.national, [{"发布日期": "六月"}], [(N, 2, "V")]),
    "FIELD_PLACEHOLDER": (
        make.jiangsu,
        [{"field": "*"}, {"field": "其他"}, {"field": "金额"}],
        [(J, 3, "L"), (J, 4, "L")],
    ),
    "FIELD_MISSING": (make.national, [{"信息项名称": None}], [(N, 2, "L")]),
    "FIELD_TWICE": (make.jiangsu, [{}, {"field": "金额"}, {"length": "50"}], [(J, 5, "L")]),
    "FIELDS_IN_ONE_CELL": (make.jiangsu, [{"field": "姓名、性别"}], [(J, 3, "L")]),
    "LENGTH_NOT_WHOLE": (
        make.jiangsu,
        [{"length": "*"}, {"field": "金额", "length": "10,2"}, {"field": "日期", "length": 8.0}],
        [(J, 3, "N"), (J, 4, "N")],
    ),
    "FILL_SERIES": (
        make.jiangsu,
        [{"code": CODE.format(n), "name": f"审计项目{n}", "abstract": f"第{n}类"} for n in range(1, 5)],
        [(J, 3, "D")],
    ),
    "PASSWORD_IN_CELL": (make.jiangsu, [{"abstract": "系统账号：admin 密码：abc123"}], [(J, 3, "H")]),
}  # fmt: skip
ELSEWHERE = {
    "FILE_NOT_READ", "FILE_TOO_BIG", "WORDS_NOT_READ", "HEADER_MISSING", "SHEET_NOT_READ", "SHEET_HIDDEN",
    "COLUMN_REPEATED", "JURISDICTION_NOT_STANDARD",
}  # fmt: skip


def test_every_rule_has_a_case() -> None:
    assert CASES.keys() | ELSEWHERE == RULES.keys()


@pytest.mark.parametrize("code", CASES)
def test_a_defect_is_found_where_it_is(tmp_path: Path, code: str) -> None:
    build, changes, places = CASES[code]
    pulled = make.pull(build(tmp_path / "a.xlsx", *changes))
    assert pulled.found(code) == places
    assert {found.severity for found in pulled.findings if found.code == code} == {RULES[code].severity}


@pytest.mark.parametrize("code", CASES)
def test_a_workbook_without_the_defect_has_not_the_finding(tmp_path: Path, code: str) -> None:
    clean = make.pull(CASES[code][0](tmp_path / "a.xlsx", {})).codes()
    assert clean <= ({"SHARE_TYPE_MISSING"} if CASES[code][0] is make.jiangsu else set())


def test_a_department_with_a_wrong_credit_code_goes_by_its_name(tmp_path: Path) -> None:
    path = make.jiangsu(
        tmp_path / "a.xlsx", {"provider": "市民族宗教局", "provider_code": make.WRONG, "data_provider_code": make.WRONG}
    )
    told = make.pull(path, jurisdiction="jurisdiction:320900", home="jurisdiction:320000").one(Kind.DEPARTMENT)
    assert told.id == "department:320900/市民族宗教局"
    assert told.values["jurisdiction"] == "jurisdiction:320900"
    assert told.values["uscc"] == make.WRONG
    at_home = make.pull(path, home="jurisdiction:320000").one(Kind.DEPARTMENT)
    assert at_home.id == "department:320000/市民族宗教局"
    nowhere = make.pull(path).one(Kind.DEPARTMENT)
    assert (nowhere.id, "jurisdiction" in nowhere.values) == ("department:市民族宗教局", False)


def test_a_valid_credit_code_comes_before_the_jurisdiction_that_was_given(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {}), jurisdiction="jurisdiction:320900")
    assert pulled.one(Kind.DEPARTMENT).values["jurisdiction"] == "jurisdiction:320600"


def test_a_credit_code_in_small_or_wide_letters_is_the_same(tmp_path: Path) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {"provider_code": "１１320600014208013ｂ"})
    thing = make.pull(path).one(Kind.DEPARTMENT)
    assert (thing.values["uscc"], thing.raw["uscc"]) == (make.AUDIT, "１１320600014208013ｂ")


def test_a_name_without_its_code_finds_the_department_that_has_one(tmp_path: Path) -> None:
    other = {"提供方代码": None, "信息资源代码": "3070150900002/000001"}
    pulled = make.pull(make.national(tmp_path / "a.xlsx", other, {}))
    assert pulled.one(Kind.DEPARTMENT).values["uscc"] == make.YANCHENG


def test_a_local_jurisdiction_is_taken_and_marked(tmp_path: Path) -> None:
    path = make.national(tmp_path / "a.xlsx", {"提供方代码": None})
    pulled = make.pull(path, jurisdiction="jurisdiction:329971")
    assert [thing.extra for thing in pulled.of(Kind.JURISDICTION)][-1] == {"standard": False}
    assert pulled.finding("JURISDICTION_NOT_STANDARD").value == "329971"


def test_the_other_provider_is_kept_as_it_was(tmp_path: Path) -> None:
    build, changes, _ = CASES["PROVIDERS_DIFFER"]
    pulled = make.pull(build(tmp_path / "a.xlsx", *changes))
    thing = pulled.one(Kind.RESOURCE)
    assert thing.values["provider"] == f"department:320600/{make.AUDIT}"
    assert (thing.raw["data_provider"], thing.raw["data_provider_code"]) == ("市生态环境局", make.ENVIRONMENT)


def test_a_placeholder_makes_no_system(tmp_path: Path) -> None:
    build, changes, _ = CASES["SYSTEM_PLACEHOLDER"]
    pulled = make.pull(build(tmp_path / "a.xlsx", *changes))
    assert pulled.of(Kind.SYSTEM) == []
    assert "system" not in pulled.one(Kind.RESOURCE).values


def test_the_system_of_most_rows_holds_the_resource(tmp_path: Path) -> None:
    rows = [{"system": "甲系统"}, {"field": "b", "system": "乙系统"}, {"field": "c", "system": "乙系统"}]
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", *rows))
    assert str(pulled.one(Kind.RESOURCE).values["system"]).endswith("/乙系统")
    assert pulled.one(Kind.RESOURCE).raw["system"] == ["乙系统", "甲系统"]
    assert len(pulled.of(Kind.SYSTEM)) == 2


def test_a_resource_called_nothing_goes_by_its_code(tmp_path: Path) -> None:
    rows = [{"name": "无"}, {"name": "无", "code": CODE.format(2)}]
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", *rows))
    assert [(thing.values["name"], thing.values["code"]) for thing in pulled.of(Kind.RESOURCE)] == [
        ("无", CODE.format(1)),
        ("无", CODE.format(2)),
    ]
    assert not {"SEVERAL_CODES", "NAMES_DIFFER_BY_WIDTH"} & pulled.codes()


def test_a_resource_without_a_code_goes_by_provider_and_name(tmp_path: Path) -> None:
    pulled = make.pull(make.national(tmp_path / "a.xlsx", {"信息资源代码": None}))
    assert pulled.one(Kind.RESOURCE).id == f"resource:320900/{make.YANCHENG}/人口基础信息"


def test_a_row_without_the_code_joins_the_only_code_of_its_name(tmp_path: Path) -> None:
    pulled = make.pull(make.national(tmp_path / "a.xlsx", {"信息资源代码": None, "信息项名称": "性别"}, {}))
    assert pulled.one(Kind.RESOURCE).values["code"] == "3070150900001/000001"
    assert len(pulled.of(Kind.FIELD)) == 2


def test_another_name_under_one_code_is_an_alias(tmp_path: Path) -> None:
    build, changes, _ = CASES["CODE_OF_SEVERAL_NAMES"]
    thing = make.pull(build(tmp_path / "a.xlsx", *changes)).one(Kind.RESOURCE)
    assert (thing.values["name"], thing.values["aliases"]) == ("审计项目", ["审计结果"])


def test_a_field_that_stands_twice_is_one_field_with_both_rows_kept(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {}, {"length": "50", "type": "clob"}))
    thing = pulled.one(Kind.FIELD)
    assert (thing.values["length"], thing.values["data_type"]) == (255, "C")
    assert thing.raw == {
        "rows": [
            {
                "row": 3,
                "信息项名称": "项目名称",
                "数据类型": "nvarchar",
                "数据长度": "255",
                "来源系统名称": "审计管理系统",
            },
            {"row": 4, "信息项名称": "项目名称", "数据类型": "clob", "数据长度": "50", "来源系统名称": "审计管理系统"},
        ]
    }


def test_a_row_with_a_placeholder_for_its_field_counts_for_the_resource(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"field": "*", "length": "*"}))
    assert pulled.of(Kind.FIELD) == []
    rows = pulled.one(Kind.RESOURCE).raw["rows"]
    assert [(row["row"], row["信息项名称"], row["数据长度"]) for row in rows] == [(3, "*", "*")]


def test_a_cell_of_several_fields_stays_one_field(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"field": "姓名、性别"}))
    assert pulled.one(Kind.FIELD).values["name"] == "姓名、性别"


def test_names_that_differ_by_width_stay_apart(tmp_path: Path) -> None:
    build, changes, _ = CASES["NAMES_DIFFER_BY_WIDTH"]
    pulled = make.pull(build(tmp_path / "a.xlsx", *changes))
    assert (len(pulled.of(Kind.RESOURCE)), len(pulled.of(Kind.FIELD))) == (2, 3)


def test_a_line_end_in_a_name_goes_neither_into_the_name_nor_into_the_id(tmp_path: Path) -> None:
    thing = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"field": "许可数量\n（吨/年）"})).one(Kind.FIELD)
    assert (thing.values["name"], thing.raw["name"]) == ("许可数量 （吨/年）", "许可数量\n（吨/年）")
    assert thing.id.endswith("/许可数量 （吨/年）")


def test_an_id_never_grows_over_300_characters_and_long_names_stay_apart(tmp_path: Path) -> None:
    rows = [{"field": "长" * 400 + "甲"}, {"field": "长" * 400 + "乙"}]
    ids = [thing.id for thing in make.pull(make.jiangsu(tmp_path / "a.xlsx", *rows)).of(Kind.FIELD)]
    assert len(set(ids)) == 2
    assert max(map(len, ids)) <= 300


@pytest.mark.parametrize(
    ("said", "value", "text", "raw"),
    [
        ("每月", "MONTHLY", None, "每月"),
        ("不定时", "IRREGULAR", "不定时", "不定时"),
        ("5年选举周期", "OTHER", "5年选举周期", "5年选举周期"),
        ("无", None, None, "无"),
    ],
)
def test_an_update_cycle_keeps_its_text(
    tmp_path: Path, said: str, value: str | None, text: str | None, raw: str
) -> None:
    thing = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"cycle": said})).one(Kind.RESOURCE)
    assert thing.values.get("update_cycle") == value
    assert thing.values.get("update_cycle_text") == text
    assert thing.raw["update_cycle"] == raw


def test_a_free_text_only_suggests_a_share_type(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"share_condition": "不予共享，涉及公民个人信息"}))
    assert "share_type" not in pulled.one(Kind.RESOURCE).values
    assert pulled.finding("SHARE_TYPE_MISSING").done == "it stays unknown; the condition suggests WITHHELD"


def test_a_law_is_a_basis_for_withholding(tmp_path: Path) -> None:
    row = {"共享类型": "不予共享", "共享条件": "《保守国家秘密法》"}
    assert make.pull(make.national(tmp_path / "a.xlsx", row)).findings == []


def test_a_password_is_stored_nowhere(tmp_path: Path) -> None:
    systems = [make.SYSTEMS, ("市审计局", "审计管理系统", "http://10.0.0.8/ 账号admin 密码s3cret9", *[None] * 4)]
    rows = make.jiangsu_rows({"abstract": "口令：s3cret9", "result": "http://u:s3cret9@10.0.0.8/"})
    path = make.workbook(tmp_path / "a.xlsx", {J: rows, "一、业务系统参照表": systems})
    pulled = make.pull(path)
    assert pulled.found("PASSWORD_IN_CELL") == [(J, 3, "C"), (J, 3, "H"), ("一、业务系统参照表", 2, "C")]
    assert "s3cret9" not in repr(pulled.items)


def test_fields_that_only_speak_of_passwords_are_taken(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"field": "登录密码"}))
    assert pulled.one(Kind.FIELD).values["name"] == "登录密码"
    assert "PASSWORD_IN_CELL" not in pulled.codes()


def test_a_code_that_the_workbook_lost_is_not_used(tmp_path: Path) -> None:
    thing = make.pull(make.jiangsu(tmp_path / "a.xlsx", {"code": 113206000142080131000})).one(Kind.RESOURCE)
    assert "code" not in thing.values
    assert thing.id.endswith("/审计项目")


def test_a_city_word_file_adds_words_and_moves_them(tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text(
        'placeholders = ["审计管理系统"]\n'
        "[update_cycles]\nMONTHLY = ['按月度']\n"
        "[data_types]\nG = ['nvarchar']\n"
        "[code_schemes]\nours = 'X-\\d+'\n"
        "[[share_phrases]]\nholds = ['申请']\nsuggests = 'UNCONDITIONAL'\n",
        encoding="utf-8",
    )
    path = make.jiangsu(tmp_path / "a.xlsx", {"cycle": "按月度", "code": "X-17"})
    pulled = make.pull(path, words=words)
    assert pulled.of(Kind.SYSTEM) == []
    assert pulled.one(Kind.RESOURCE).values["update_cycle"] == "MONTHLY"
    assert pulled.one(Kind.FIELD).values["data_type"] == "G"
    assert pulled.finding("SHARE_TYPE_MISSING").done.endswith("UNCONDITIONAL")
    assert not {"CYCLE_UNKNOWN", "CODE_PATTERN"} & pulled.codes()


def test_a_table_of_words_can_be_replaced(tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text('replace = ["share_phrases"]\n', encoding="utf-8")
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {}), words=words)
    assert pulled.finding("SHARE_TYPE_MISSING").done == "it stays unknown"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("colours = []", "there is no table colours"),
        ("yes = 1", "yes must be a list of texts"),
        ("update_cycles = ['a']", "update_cycles must be a table"),
        ("share_phrases = [{holds = 'a'}]", "share_phrases must be"),
        ("[code_schemes]\na = '('", "not a regular expression"),
        ("replace = ['colours']", "colours cannot be replaced"),
        ("a = = b", "words.toml:"),
    ],
)
def test_a_wrong_word_file_stops_the_import_with_a_reason(tmp_path: Path, content: str, says: str) -> None:
    words = tmp_path / "words.toml"
    words.write_text(content, encoding="utf-8")
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {}), words=words)
    assert pulled.things == []
    assert says in pulled.finding("WORDS_NOT_READ").message


def test_a_missing_word_file_is_told(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {}), words=tmp_path / "none.toml")
    assert pulled.codes() == {"WORDS_NOT_READ"}

"""From what a cell says to what is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import normalise
from connectors.catalogue_words import load_words
from connectors.catalogue_workbook import Cell
from graph.facts import is_id

WORDS = load_words()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (255.0, "255"),
        (1.5, "1.5"),
        (True, "是"),
        (None, ""),
        ("  a ", "a"),
        (11, "11"),
        (1.132e17, "113200000000000000"),
    ],
)
def test_cells_are_read_as_a_person_sees_them(cell: Cell, text: str) -> None:
    assert normalise.text_of(cell) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("255", 255),
        ("255.0", 255),
        ("２５５", 255),
        ("0", 0),
        ("*", None),
        ("10,2", None),
        ("-1", None),
        ("", None),
        ("9" * 19, None),
    ],
)
def test_only_whole_numbers_are_lengths(text: str, number: int | None) -> None:
    assert normalise.whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2018-06-20", "2018-06-20"),
        ("2018/6/2", "2018-06-02"),
        ("2018年6月20日", "2018-06-20"),
        ("20180620", "2018-06-20"),
        ("2018-06-20 08:30:00", "2018-06-20"),
        ("2018-13-01", None),
        ("六月", None),
    ],
)
def test_dates_are_read_in_the_forms_in_use(text: str, date: str | None) -> None:
    assert normalise.iso_date(text) == date


@pytest.mark.parametrize(
    "header",
    [
        "信息项名称",
        "*信息项名称",
        "信息项名称*",
        "信息项名称（必填项）",
        " 信息项 名称 (必填) ",
        "信息项\n名称",
        "信息项名称【必填】",
    ],
)
def test_headers_are_compared_without_notes_stars_and_spaces(header: str) -> None:
    assert normalise.header_key(header) == normalise.header_key("信息项名称")


@given(st.text(min_size=1, max_size=250))
def test_a_cleaned_name_can_go_into_an_id(text: str) -> None:
    cleaned = normalise.clean_name(text)
    assert not cleaned or is_id(cleaned)
    assert normalise.clean_name(cleaned) == cleaned


@given(st.text())
def test_no_text_breaks_a_normaliser(text: str) -> None:
    normalise.text_of(text)
    normalise.header_key(text)
    normalise.plain_code(text)
    normalise.iso_date(text)
    normalise.parts(text)
    normalise.numbered(text)
    normalise.holds_password(text)
    assert WORDS.update_cycle(text).value is None or WORDS.update_cycle(text).value
    assert WORDS.data_type(text) in {None, *"CNYDTLMGBIF"}
    WORDS.share_methods(text)
    WORDS.formats.words(text)


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("字符型C", "C"),
        ("nvarchar", "C"),
        ("VARCHAR2(200 CHAR)", "C"),
        ("NUMBER(18,2)", "N"),
        ("money", "Y"),
        ("DATE", "D"),
        ("datetime", "T"),
        ("布尔", "L"),
        ("clob", "M"),
        ("ntext", "M"),
        ("BLOB", "G"),
        ("double precision", "B"),
        ("int", "I"),
        ("float", "F"),
        ("weird", None),
    ],
)
def test_data_types_become_letters(said: str, letter: str | None) -> None:
    assert WORDS.data_type(said) == letter


@pytest.mark.parametrize(
    ("said", "cycle", "listed"),
    [
        ("实时", "REALTIME", True),
        ("每日", "DAILY", True),
        ("每周", "WEEKLY", True),
        ("每月", "MONTHLY", True),
        ("每季度", "QUARTERLY", True),
        ("每半年", "HALF_YEARLY", True),
        ("每年", "YEARLY", True),
        ("不定期", "IRREGULAR", True),
        ("不定时", "IRREGULAR", False),
        ("5年选举周期", "OTHER", False),
        ("无", None, False),
    ],
)
def test_update_cycles_on_and_off_the_list(said: str, cycle: str | None, listed: bool) -> None:
    found = WORDS.update_cycle(said)
    assert (found.value, found.listed) == (cycle, listed)


@pytest.mark.parametrize(
    ("said", "suggests"),
    [
        ("申请需审核", "CONDITIONAL"),
        ("无条件共享", "UNCONDITIONAL"),
        ("不予共享，办证涉及个人隐私。", "WITHHELD"),
        ("因涉及个人隐私，所以有条件共享。", "CONDITIONAL"),
        ("涉密", "WITHHELD"),
        ("不涉及个人身份信息", None),
        ("无", None),
        ("-", None),
        ("政务需要", None),
    ],
)
def test_free_text_suggests_a_share_type_or_nothing(said: str, suggests: str | None) -> None:
    assert WORDS.suggested_share_type(said) == suggests


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("账号：admin 密码：abc123", True),
        ("http://admin:secret@10.0.0.1/", True),
        ("password=letmein", True),
        ("密码修改记录", False),
        ("http://10.0.0.1:8080/login", False),
        ("登录密码", False),
    ],
)
def test_passwords_in_free_text_are_noticed(text: str, tells: bool) -> None:
    assert normalise.holds_password(text) is tells

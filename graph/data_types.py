"""Data types as they are compared: the letters of the catalogue guide, whatever a source wrote.

They are those of 编制指南, 发改高技术〔2017〕1272号.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from graph.text import is_placeholder, name_key

__all__ = ["NAMES", "alike"]

NAMES: Mapping[str, str] = {
    "C": "字符型",
    "N": "数值型",
    "Y": "货币型",
    "D": "日期型",
    "T": "日期时间型",
    "L": "逻辑型",
    "M": "备注型",
    "G": "通用型",
    "B": "双精度型",
    "I": "整型",
    "F": "浮点型",
}
"""What each letter stands for."""

# Imports state letters; a fact in the exchange format may state any text. What stands here is read too.
_WORDS = {
    "C": "字符 字符串 文本 string char nchar varchar varchar2 nvarchar nvarchar2 character bpchar",
    "N": "数值 数字 number numeric decimal dec",
    "Y": "货币 金额 money smallmoney currency",
    "D": "日期 date",
    "T": "日期时间 时间 datetime datetime2 smalldatetime timestamp time",
    "L": "逻辑 布尔 bool boolean bit",
    "M": "备注 text ntext clob nclob longtext mediumtext tinytext memo",
    "G": "通用 二进制 blob longblob mediumblob image binary varbinary bytea",
    "B": "双精度 double",
    "I": "整数 int integer bigint smallint tinyint mediumint int2 int4 int8",
    "F": "浮点 浮点数 float real float4 float8",
}


def _letters() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for letter, words in _WORDS.items():
        for word in (letter.casefold(), NAMES[letter], *words.split()):
            for written in (word, f"{word}型", f"{word}{letter.casefold()}", f"{word}型{letter.casefold()}"):
                found.setdefault(written, letter)
    return found


_LETTERS = _letters()
_SIZE = re.compile(r"[(（]\s*(\d{1,9})[^)）]*[)）]")


@lru_cache(maxsize=10_000)
def alike(data_type: str | None) -> tuple[str | None, int | None]:
    """One text for all ways to write a type, a letter where it has one, and the length that stands in its brackets.

    `None` where nothing is said.
    """
    if data_type is None or is_placeholder(data_type):
        return None, None
    size = _SIZE.search(data_type)
    plain = name_key(_SIZE.sub("", data_type))
    if not plain:
        return None, None
    return _LETTERS.get(plain, plain), int(size[1]) if size else None

"""Pure functions from what a cell says to what is stored. None is "nothing usable"; no function raises on a text."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

from connectors.catalogue_workbook import Cell
from graph.facts import holds_password as holds_password
from graph.facts import name_key

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_NOTE = re.compile(r"[（(【\[][^（()）【】\[\]]*[)）】\]]")
_SPLIT = re.compile(r"[、,，;；|\n\r\t]+")
_NUMBERED = re.compile(r"(.*?)(\d{1,40})")
_DATE = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[ T].*)?")
_TYPE_SIZE = re.compile(r"\s*\([\d\s,*]*(?:char|byte)?\)")
_SPACE = re.compile(r"\s+")
_GUARDED = re.compile(r"'(?=[\s\u200b-\u200f\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫−\t\r\n])")
_WHOLE = re.compile(r"(\d{1,18})(?:\.0+)?", re.ASCII)
_LAW = re.compile(r"《[^》]+》|第[\d零〇一二三四五六七八九十百千]+条")


def text_of(cell: Cell) -> str:
    """What a cell says as text, without white space around it; a whole number without a point."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**40:
        return str(int(cell))
    return str(cell)


@lru_cache(maxsize=65_536)
def clean_name(text: str) -> str:
    """A name as it is stored and goes into ids: without control and invisible characters, single spaces."""
    return " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", text)).split())


@lru_cache(maxsize=65_536)
def key(text: str) -> str:
    """`name_key`, remembered: the same few words stand in thousands of cells."""
    return name_key(text)


def unguarded(text: str) -> str:
    """A text without the quote that keeps a spreadsheet from running it as a formula: our own exports have it."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def header_text(text: str) -> str:
    """A header as it is shown: without `*` and notes in brackets, on one line."""
    return " ".join(_NOTE.sub("", text).replace("*", "").replace("＊", "").split()) or " ".join(text.split())


def header_key(text: str) -> str:
    """How headers are compared: as shown, without width, case, spaces and punctuation."""
    return key(header_text(text))


@lru_cache(maxsize=65_536)
def plain_code(text: str) -> str:
    """A code in half width, without spaces."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", clean_name(text)))


@lru_cache(maxsize=65_536)
def whole_number(text: str) -> int | None:
    """A whole number from 0 on that the registry can hold."""
    plain = unicodedata.normalize("NFKC", text).strip()
    number = _WHOLE.fullmatch(plain)
    return int(number[1]) if number else None


def iso_date(text: str) -> str | None:
    """A date as YYYY-MM-DD: 2018-1-5, 2018/01/05, 2018年1月5日, 20180105; a time after it is left out."""
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return None


def parts(text: str) -> list[str]:
    """What a cell lists, by 、 , ; | or line ends, each once."""
    return list(dict.fromkeys(part.strip() for part in _SPLIT.split(text) if part.strip()))


@lru_cache(maxsize=65_536)
def base_type(text: str) -> str:
    """A data type without its size: VARCHAR2(200 CHAR) gives varchar2."""
    return _TYPE_SIZE.sub("", unicodedata.normalize("NFKC", text).casefold()).strip()


def names_a_law(text: str | None) -> bool:
    """Whether a text names a law: 《…》 or 第…条."""
    return text is not None and _LAW.search(text) is not None


def numbered(text: str) -> tuple[str, int] | None:
    """A text that ends in a number, as its stem and the number."""
    found = _NUMBERED.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return (found[1], int(found[2])) if found else None

"""Codes that identify: credit codes (USCC), jurisdictions (GB/T 2260) and catalogue entries."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

NATION = "100000"
"""The code that stands for the nation; GB/T 2260 has none. [ours]"""

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(USCC_ALPHABET)}
_WEIGHTS = [pow(3, at, 31) for at in range(17)]
_USCC = re.compile(rf"[{USCC_ALPHABET}]{{18}}")

CODE_SCHEMES: Mapping[str, str] = {
    "national": r"([123])(\d{2})(\d{3})(\d*)/(\d+)",
    "uscc": rf"[{USCC_ALPHABET}]{{18}}\d{{15}}",
}
"""How the code of a catalogue entry may look, by the scheme's name; a city's words may add some."""

_JURISDICTION = re.compile(r"[1-9]\d{5}")
_TABLE = Path(__file__).with_name("jurisdictions.toml")

Level = Literal["NATIONAL", "PROVINCIAL", "MUNICIPAL", "COUNTY"]


def uscc_check_digit(first: str) -> str:
    """The 18th character for 17 characters of the USCC alphabet (GB 32100-2015)."""
    total = sum(_VALUES[character] * weight for character, weight in zip(first, _WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def has_uscc_form(code: str) -> bool:
    """Whether `code` is 18 characters of the alphabet, whatever its check digit."""
    return _USCC.fullmatch(code) is not None


def is_uscc(code: str) -> bool:
    """Whether `code` is a credit code with the right check digit."""
    return has_uscc_form(code) and uscc_check_digit(code[:17]) == code[17]


def uscc_jurisdiction(code: str) -> str | None:
    """Digits 3–8 of a valid credit code if they are a jurisdiction's code, else None."""
    digits = code[2:8]
    return digits if is_uscc(code) and _JURISDICTION.fullmatch(digits) else None


def is_jurisdiction_code(code: str) -> bool:
    return _JURISDICTION.fullmatch(code) is not None


def jurisdiction_level(code: str) -> Level:
    """The level that six digits stand for."""
    if code == NATION:
        return "NATIONAL"
    if code.endswith("0000"):
        return "PROVINCIAL"
    return "MUNICIPAL" if code.endswith("00") else "COUNTY"


def jurisdiction_parent(code: str) -> str | None:
    """The code of the next level up: county, city, province, nation; None for the nation."""
    if code == NATION:
        return None
    if code.endswith("0000"):
        return NATION
    return code[:2] + "0000" if code.endswith("00") else code[:4] + "00"


def jurisdiction_name(code: str) -> str | None:
    """The name, if the built-in table has it."""
    return _names()[0].get(code)


def is_standard_jurisdiction(code: str) -> bool:
    """False if the built-in table shows that GB/T 2260 has no such province, or no such city in it."""
    names, complete = _names()
    if code == NATION:
        return True
    if code[:2] in complete and not code.endswith("0000"):
        return code[:4] + "00" in names
    return code[:2] + "0000" in names


@cache
def _names() -> tuple[Mapping[str, str], frozenset[str]]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return table["names"], frozenset(table["complete"])


def code_scheme(code: str, schemes: Mapping[str, re.Pattern[str]]) -> str | None:
    """The name of the scheme that a catalogue entry's code follows, or None."""
    return next((name for name, pattern in schemes.items() if pattern.fullmatch(code)), None)

"""From the types of databases to the registry's letters and lengths."""

import re
from collections.abc import Mapping

from connectors.catalogue_words import Words

__all__ = ["data_type", "length_of"]

_MORE: Mapping[str, str] = {
    "enum": "C",
    "set": "C",
    "name": "C",
    "citext": "C",
    "inet": "C",
    "cidr": "C",
    "macaddr": "C",
    "macaddr8": "C",
    '"char"': "C",
    "inet4": "C",
    "inet6": "C",
    "interval": "C",
    "rowid": "C",
    "urowid": "C",
    "uniqueidentifier": "C",
    "oid": "I",
    "year": "I",
    "int1": "I",
    "int3": "I",
    "middleint": "I",
    "smallserial": "I",
    "serial2": "I",
    "fixed": "N",
    "time without time zone": "T",
    "time with time zone": "T",
    "timestamptz": "T",
    "timetz": "T",
    "timestamp with local time zone": "T",
    "datetimeoffset": "T",
    "hstore": "M",
    "tsvector": "M",
    "xmltype": "M",
    "bit varying": "G",
    "varbit": "G",
    "tinyblob": "G",
    "bfile": "G",
    "geography": "G",
    "point": "G",
    "line": "G",
    "lseg": "G",
    "box": "G",
    "path": "G",
    "polygon": "G",
    "circle": "G",
    "linestring": "G",
    "multipoint": "G",
    "multilinestring": "G",
    "multipolygon": "G",
    "geometrycollection": "G",
}
"""What the catalogue's words do not have, for no catalogue has it."""

_SIZE = re.compile(r"\((\d{1,9})(?:\s+(?:char|byte))?\s*(?:,\s*-?\d+)?\)", re.IGNORECASE)
_DETAILS = re.compile(r"\s*\(.*?\)|\b(?:unsigned|zerofill|signed|collate\s+\S+|character set\s+\S+)\b", re.IGNORECASE)
_FLAG = re.compile(r"\s*tinyint\(1\)", re.IGNORECASE)
_BITS = re.compile(r"\s*bit\((?!1\))", re.IGNORECASE)
_SIZED = ("char", "text", "clob", "binary", "raw", "bit", "num", "dec", "fixed", "string")
_AFFINITY = (("int", "I"), ("char", "C"), ("clob", "M"), ("text", "M"), ("blob", "G"), ("real", "F"), ("floa", "F"))


def data_type(base: str, words: Words, *, loose: bool = False) -> str | None:
    """The letter of a type, None where the registry has none (arrays, ranges, what people made themselves).

    `loose`: a column may be declared as anything, and what counts is a syllable, as SQLite has it.
    """
    if _FLAG.match(base):
        return "L"
    if _BITS.match(base):
        return "G"
    plain = " ".join(_DETAILS.sub("", base).split()).casefold()
    if plain.endswith("[]"):
        return None
    letter = words.data_type(plain) or _MORE.get(plain)
    if letter is None and loose:
        letter = next((letter for syllable, letter in _AFFINITY if syllable in plain), None)
        letter = letter or ("B" if "doub" in plain else None)
    return letter


def length_of(base: str) -> int | None:
    """Characters, bytes or digits that a type is declared with; None where it has no such size."""
    found = _SIZE.search(base)
    sized = any(word in base.casefold() for word in _SIZED)
    return int(found[1]) if found and sized and not base.rstrip().endswith("]") else None

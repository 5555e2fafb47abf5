"""What the cells of a table are taken as: one value for a key, and what is wrong with a text that gives none."""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from connectors.catalogue_words import Words
from connectors.normalise import clean_name, header_key, iso_date, parts, plain_code, whole_number
from connectors.table_mapping import Column
from connectors.table_targets import key_of, targets, values_of
from graph.facts import Key, Shape, as_instant

__all__ = ["LONGEST_NAME", "Values", "items"]

LONGEST_NAME = 2_000
"""Characters of what is searched, sorted or compared."""
_INDEXED = frozenset({"name", "code", "uscc", "short_name", "aliases", "job"})
_CODES = frozenset({"code", "uscc"})

Taken = tuple[Any, str | None]
"""A value (None: nothing usable) and what is wrong with the text, if anything is."""


def items(text: str, split: str | None) -> list[str]:
    """What a cell lists: by the characters of `split`, else by those that lists usually have; each once."""
    if split is None:
        return parts(text)
    found = re.split("[" + re.escape(split) + "]", text)
    return list(dict.fromkeys(item.strip() for item in found if item.strip()))


class Values:
    """Takes cells by the words of the registry and of the mapping."""

    def __init__(self, words: Words, zone: tzinfo) -> None:
        self._words = words
        self._zone = zone
        self._special: Mapping[str, Callable[[str], Taken]] = {
            "resource.share_type": self._share_type,
            "field.share_type": self._share_type,
            "resource.share_methods": self._share_methods,
            "resource.update_cycle": self._update_cycle,
            "resource.format_category": self._format_category,
            "resource.format_types": self._format_types,
            "resource.published": self._published,
            "field.data_type": self._data_type,
            "element.data_type": self._data_type,
            "system.reach": lambda text: (self._words.reach(text) or text, None),
            "system.networks": lambda text: (self._words.networks(text), None),
        }

    def says_nothing(self, text: str) -> bool:
        """Whether a cell is empty or holds a placeholder."""
        return not text or self._words.says_nothing(text)

    def mapped(self, column: Column | None, text: str) -> str:
        """A text as the mapping's own list of words has it."""
        if column is None or not column.values:
            return text
        wanted = header_key(text)
        return next((value for word, value in column.values.items() if header_key(word) == wanted), text)

    def value(self, path: str, text: str, column: Column | None) -> Taken:
        """The value of a path that names a key directly, or a part of one that is an object."""
        text = self.mapped(column, text)
        if self.says_nothing(text) and not (path == "resource.update_cycle" and text):
            return None, None
        key = key_of(path)
        name = path.rpartition(".")[2]
        if path in self._special and not (key is not None and key.shape is Shape.ENUM and text in key.values):
            return self._special[path](text)
        if key is None:
            return text, None
        value, wrong = self._by_shape(path, key, text, column)
        if wrong is None and name in _INDEXED and _longest(value) > LONGEST_NAME:
            return None, f"it is longer than {LONGEST_NAME:,} characters"
        if name in _CODES and isinstance(value, str):
            return plain_code(value) or None, wrong
        return (clean_name(value) or None if name == "name" else value), wrong

    def _by_shape(self, path: str, key: Key, text: str, column: Column | None) -> Taken:
        if key.shape is Shape.TEXTS:
            found = [item for item in items(text, column.split if column else None) if not self.says_nothing(item)]
            return found or None, None
        if key.shape is Shape.INTEGER:
            number = whole_number(text)
            return number, None if number is not None else "it is no whole number"
        if key.shape is Shape.BOOLEAN:
            truth = self._words.truth(text)
            return truth, None if truth is not None else "it is neither yes nor no"
        if key.shape is Shape.TIME:
            return self._time(text)
        if key.shape is Shape.ENUM:
            return self._listed(path, key, text)
        return text, None

    def _time(self, text: str) -> Taken:
        for form in (text, iso_date(text) or ""):
            try:
                return as_instant(form, self._zone), None
            except (ValueError, OverflowError):
                continue
        return None, "it is no date"

    def _listed(self, path: str, key: Key, text: str) -> Taken:
        target = targets().get(path)
        name = target.values if target is not None else "level" if path.endswith(".level") else None
        found = values_of(name).get(header_key(text)) if name else None
        found = found or (text.strip().upper() if text.strip().upper() in key.values else None)
        return found, None if found else f"it is none of {', '.join(key.values)} and no word for one"

    def _share_type(self, text: str) -> Taken:
        found = self._words.share_type(text)
        return found, None if found else "it is no share type"

    def _share_methods(self, text: str) -> Taken:
        found, unknown = self._words.share_methods(text)
        known = {"PLATFORM", "OFFLINE", "API", "DATABASE", "FILE", "EMAIL", "DISK", "PAPER", "DOCUMENT"}
        plain = [word.strip().upper() for word in unknown if word.strip().upper() in known]
        left = [word for word in unknown if word.strip().upper() not in known and not self.says_nothing(word)]
        wrong = f"{'、'.join(left)} is no known share method" if left else None
        return list(dict.fromkeys(found + plain)) or None, wrong

    def _update_cycle(self, text: str) -> Taken:
        plain = values_of("update_cycles").get(header_key(text))
        cycle = plain or self._words.update_cycle(text).value
        if plain is None and self.says_nothing(text):
            return None, None
        return cycle, None if plain or cycle != "OTHER" else "it is no word of the list, and was taken as OTHER"

    def _format_category(self, text: str) -> Taken:
        return self._words.formats.category(text) or text, None

    def _format_types(self, text: str) -> Taken:
        words = [word for word in parts(text) if not self.says_nothing(word)]
        return list(dict.fromkeys(self._words.formats.type(word) or word for word in words)) or None, None

    def _published(self, text: str) -> Taken:
        found = iso_date(text)
        return found, None if found else "it is no date"

    def _data_type(self, text: str) -> Taken:
        found = self._words.data_type(text)
        return found, None if found else "it is no known data type"


def _longest(value: Any) -> int:
    if isinstance(value, list):
        return max((len(item) for item in value), default=0)
    return len(value) if isinstance(value, str) else 0

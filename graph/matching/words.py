"""Names made comparable: one form for all ways to write a name, its core, and the pieces by which it is found.

    words("盐城市城乡居民（最低生活）保障信息管理系统").core    # 城乡居民保障

What is taken off a name is data: `words.toml`, and a file that a registry lays over it.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from graph.text import is_placeholder, name_key

_FILE = Path(__file__).with_name("words.toml")
_BRACKETS = re.compile(r"[（(【\[〔{]([^（()）【】\[\]〔〕{}]*)[)）】\]〕}]")
"""What stands in them is a note; 《 》 and 「 」 are marks of titles, around the name itself."""
_PLACE = 5
"""Characters of the longest name of a place that is recognised by its ending, the ending included."""
_SHORTEST = 2
"""Characters that are left of a core."""


@dataclass(frozen=True, slots=True)
class Words:
    """A name: its key (`graph.text.name_key`), the core that tells it apart, and what stood in brackets.

    All are empty for a placeholder, which is like nothing. Where there is a key there is a core.
    """

    key: str
    core: str
    note: str


NOTHING = Words("", "", "")


@dataclass(frozen=True, slots=True)
class Stripped:
    """What names are stripped of; each list longest first."""

    places: tuple[str, ...]
    place_endings: tuple[str, ...]
    not_places: tuple[str, ...]
    suffixes: tuple[str, ...]
    particles: tuple[str, ...]


def stripped(own: Mapping[str, Any] | None = None) -> Stripped:
    """The lists of `words.toml`, with those of a file laid over it."""
    shipped = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    laid = own or {}
    lists = {}
    for name, words in shipped.items():
        mine = [_key(word) for word in laid.get(name, ())]
        found = mine if name in laid.get("replace", ()) else mine + words
        lists[name] = tuple(sorted(dict.fromkeys(found), key=lambda word: (-len(word), word)))
    return Stripped(**lists)


def _key(word: str) -> str:
    return ("^" if word.startswith("^") else "") + name_key(word)


@lru_cache(maxsize=1)
def _usual() -> Stripped:
    return stripped()


@lru_cache(maxsize=200_000)
def words(text: str) -> Words:
    """A name as it is compared, stripped of what is usual."""
    return made(text, _usual())


def made(text: str, lists: Stripped) -> Words:
    """A name as it is compared."""
    if is_placeholder(text):
        return NOTHING
    key = name_key(text)
    if not any(character.isalnum() for character in key):
        return NOTHING
    outside = _BRACKETS.sub(" ", text)
    bare = name_key(outside)
    note = name_key(" ".join(_BRACKETS.findall(text)))
    if len(bare) < _SHORTEST or is_placeholder(outside):
        bare, note = key, ""
    return Words(key, _core(bare, lists), note)


def _core(key: str, lists: Stripped) -> str:
    core = _without_suffixes(_without_places(key, lists), lists)
    for particle in lists.particles:
        left = core.replace(particle, "")
        if len(left) >= _SHORTEST:
            core = left
    return core


def _without_places(key: str, lists: Stripped) -> str:
    """`key` without the places that it begins with."""
    while True:
        length = _place(key, lists)
        if not length or len(key) - length < _SHORTEST:
            return key
        key = key[length:]


def _place(key: str, lists: Stripped) -> int:
    """How many characters at the beginning of `key` name a place."""
    for length in range(2, _PLACE + 1):
        head = key[:length]
        if head.endswith(lists.place_endings) and not _goes_on(key, length, lists):
            return length
    for place in lists.places:
        if key.startswith(place) and not _goes_on(key, len(place), lists):
            return len(place)
    return 0


def _goes_on(key: str, length: int, lists: Stripped) -> bool:
    """Whether the end of a beginning of `key` is part of a word that is no place."""
    for word in lists.not_places:
        first = word.startswith("^")
        word = word.removeprefix("^")
        starts = (0,) if first else range(max(0, length - len(word)), length)
        if any(key.startswith(word, start) and start + len(word) >= length for start in starts):
            return True
    return False


def _without_suffixes(key: str, lists: Stripped) -> str:
    """`key` without the words that it ends with and that do not tell it apart."""
    while True:
        for suffix in lists.suffixes:
            if key.endswith(suffix) and len(key) - len(suffix) >= _SHORTEST:
                key = key[: -len(suffix)]
                break
        else:
            return key


def grams(core: str) -> tuple[str, ...]:
    """The characters and pairs of characters of a core, each once, in order."""
    pairs = (core[at : at + 2] for at in range(len(core) - 1))
    return tuple(dict.fromkeys((*core, *pairs)))


def all_grams(texts: Iterable[str]) -> tuple[str, ...]:
    """The grams of the cores of several texts, each once, in order."""
    return tuple(dict.fromkeys(gram for text in texts for gram in grams(words(text).core)))

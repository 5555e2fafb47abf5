"""Names made comparable: one form for all ways to write a name, its core, and the pieces by which it is found.

    words("盐城市城乡居民（最低生活）保障信息管理系统").core    # 城乡居民保障

What is taken off a name is data: the table `words` (`graph/matching/tables.py`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from graph.matching.tables import kept, read
from graph.text import is_placeholder, name_key

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


@dataclass(frozen=True)
class Stripped:
    """What names are stripped of; each list longest first."""

    places: tuple[str, ...]
    place_endings: tuple[str, ...]
    not_places: tuple[str, ...]
    suffixes: tuple[str, ...]
    particles: tuple[str, ...]

    @cached_property
    def going_on(self) -> re.Pattern[str]:
        """The longest word somewhere that is no place."""
        return re.compile(_any_of(word for word in self.not_places if not word.startswith("^")))

    @cached_property
    def beginning(self) -> re.Pattern[str]:
        """The longest word at the beginning of a name that is no place there."""
        return re.compile(_any_of(word[1:] for word in self.not_places if word.startswith("^")))

    @cached_property
    def endings(self) -> tuple[tuple[int, frozenset[str]], ...]:
        """The suffixes by their lengths, longest first."""
        lengths = sorted({len(suffix) for suffix in self.suffixes}, reverse=True)
        return tuple((size, frozenset(word for word in self.suffixes if len(word) == size)) for size in lengths)


def _any_of(texts: Iterable[str]) -> str:
    longest_first = sorted(texts, key=len, reverse=True)
    return "|".join(map(re.escape, longest_first)) or "(?!)"


def stripped(lists: Mapping[str, Iterable[str]]) -> Stripped:
    """The lists of the table `words`."""
    keys = {name: dict.fromkeys(map(_key, found)) for name, found in lists.items()}
    return Stripped(**{name: tuple(sorted(found, key=lambda word: (-len(word), word))) for name, found in keys.items()})


def _key(word: str) -> str:
    return ("^" if word.startswith("^") else "") + name_key(word)


@kept(1)
def _usual() -> Stripped:
    return stripped(read("words"))


@kept(200_000)
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
    bare, note = _bracketed(text, key) if _BRACKETS.search(text) else (key, "")
    return Words(key, _core(bare, lists), note)


def _bracketed(text: str, key: str) -> tuple[str, str]:
    """What stands outside of brackets, and in them; where nothing usable stands outside, all of it and nothing."""
    outside = _BRACKETS.sub(" ", text)
    bare = name_key(outside)
    if len(bare) < _SHORTEST or is_placeholder(outside):
        return key, ""
    return bare, name_key(" ".join(_BRACKETS.findall(text)))


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
    lengths = [length for length in range(2, _PLACE + 1) if key.endswith(lists.place_endings, 0, length)]
    if key.startswith(lists.places):
        lengths += [len(place) for place in lists.places if key.startswith(place)]
    if not lengths:
        return 0
    inside = _no_places(key, max(lengths), lists)
    return next((length for length in lengths if not any(first < length <= end for first, end in inside)), 0)


def _no_places(key: str, most: int, lists: Stripped) -> list[tuple[int, int]]:
    """From where to where in `key` words stand that are no place, of those that begin before `most`."""
    found = [(at, match.end()) for at in range(most) if (match := lists.going_on.match(key, at))]
    first = lists.beginning.match(key)
    return [*found, (0, first.end())] if first else found


def _without_suffixes(key: str, lists: Stripped) -> str:
    """`key` without the words that it ends with and that do not tell it apart."""
    while key.endswith(lists.suffixes):
        size = next((n for n, those in lists.endings if key[-n:] in those and len(key) - n >= _SHORTEST), 0)
        if not size:
            break
        key = key[:-size]
    return key


def grams(core: str) -> tuple[str, ...]:
    """The characters and pairs of characters of a core, each once, in order."""
    pairs = (core[at : at + 2] for at in range(len(core) - 1))
    return tuple(dict.fromkeys((*core, *pairs)))


def all_grams(texts: Iterable[str]) -> tuple[str, ...]:
    """The grams of the cores of several texts, each once, in order."""
    return tuple(dict.fromkeys(gram for text in texts for gram in grams(words(text).core)))

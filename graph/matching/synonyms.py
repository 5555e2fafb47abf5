"""Words of the same meaning, as data: `synonyms.toml`."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from graph.matching.words import words

_FILE = Path(__file__).with_name("synonyms.toml")


@lru_cache(maxsize=1)
def _same() -> tuple[re.Pattern[str], dict[str, str]]:
    first = {}
    for group in tomllib.loads(_FILE.read_text(encoding="utf-8"))["same"]:
        first.update(dict.fromkeys(group[1:], group[0]))
        first[group[0]] = group[0]
    longest_first = sorted(first, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first))), first


@lru_cache(maxsize=100_000)
def sense(text: str) -> str:
    """The core of a name or text (`graph.matching.words`), with words of the same meaning made one."""
    pattern, first = _same()
    return pattern.sub(lambda found: first[found[0]], words(text).core)

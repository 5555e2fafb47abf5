"""Words of the same meaning, as data: the table `synonyms` (`graph/matching/tables.py`)."""

import re

from graph.matching.tables import kept, read
from graph.matching.words import words


@kept(1)
def _same() -> tuple[re.Pattern[str], dict[str, str]]:
    first = {}
    for group in reversed(read("synonyms")["same"]):  # of a word that is in several, the first counts
        first.update(dict.fromkeys(group[1:], group[0]))
        first[group[0]] = group[0]
    longest_first = sorted(first, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first))), first


@kept(100_000)
def sense(text: str) -> str:
    """The core of a name or text (`graph.matching.words`), with words of the same meaning made one."""
    pattern, first = _same()
    return pattern.sub(lambda found: first[found[0]], words(text).core)

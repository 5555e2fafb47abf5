"""Other ways to write a name: rules such as 身份证号 → 公民身份号码, and words that mean the same.

A rule that was seen once is no rule. The rules that ship (`rewrites.toml`) were learned beforehand
(tests/bench/learn_elements.py); those that a registry's own bindings show are mined as it runs.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from graph.matching.tables import kept, read

_FILE = Path(__file__).with_name("rewrites.toml")
LEAST = 2
"""Tables that a rule was seen in."""
_LONGEST = 24
_SHORTEST = 2
_CONTEXT = 2
_MOST = 10
_STEPS = 2
_OF_CORE = 0.95


class Rule(NamedTuple):
    """What a part of a name becomes, in how many tables that was seen, and in how many the part stands."""

    to: str
    seen: int
    of: int

    @property
    def weight(self) -> float:
        """How sure the rule is, 0.3 to 1."""
        return 0.3 + 0.7 * self.seen / (self.of + 1)


Rules = Mapping[str, Sequence[Rule]]


class Variant(NamedTuple):
    """A name as rules write it: its weight, 1 if it is the name itself, and the last rule that was applied."""

    key: str
    weight: float
    part: str
    to: str


@lru_cache(maxsize=1)
def shipped() -> Rules:
    """The rules learned beforehand."""
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for part, to, seen, of in tomllib.loads(_FILE.read_text(encoding="utf-8"))["rules"]:
        found[part].append(Rule(to, seen, of))
    return found


def both(one: Rules, other: Rules) -> Rules:
    """The rules of both; of one that both have, the better founded."""
    found: dict[str, Sequence[Rule]] = {part: tuple(rules) for part, rules in one.items()}
    for part, rules in other.items():
        best = {rule.to: rule for rule in found.get(part, ())}
        for rule in rules:
            best[rule.to] = max(rule, best.get(rule.to, rule), key=lambda each: (each.of, each.seen))
        found[part] = tuple(best[to] for to in sorted(best))
    return found


def mined(bound: Iterable[tuple[str, str, str]]) -> Rules:
    """The rules that keys of fields, tables and elements show."""
    tables: defaultdict[str, set[str]] = defaultdict(set)
    pairs: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for field, table, element in bound:
        pairs[field, element].add(table)
    seen: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for (field, element), where in pairs.items():
        tables[field] |= where
        if field != element:
            for rule in _differences(field[:_LONGEST], element[:_LONGEST]):
                seen[rule] |= where
    kept = {rule: len(where) for rule, where in seen.items() if len(where) >= LEAST}
    return _counted(kept, tables)


def _counted(kept: Mapping[tuple[str, str], int], tables: Mapping[str, set[str]]) -> Rules:
    """Rules with how often their part stands in a name at all."""
    standing: dict[str, set[str]] = {part: set() for part, _ in kept}
    longest = max(map(len, standing), default=0)
    for field, where in tables.items():
        for part in _parts(field, longest):
            if part in standing:
                standing[part] |= where
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for (part, to), count in sorted(kept.items()):
        found[part].append(Rule(to, count, len(standing[part])))
    return found


def _parts(field: str, longest: int) -> Iterator[str]:
    for start in range(len(field) - 1):
        for end in range(start + _SHORTEST, min(len(field), start + longest) + 1):
            yield field[start:end]


@lru_cache(maxsize=100_000)
def _differences(field: str, element: str) -> frozenset[tuple[str, str]]:
    """What turns a field into an element: the part that differs, with up to two characters around it, and all of it."""
    most = min(len(field), len(element))
    before = next((at for at in range(most) if field[at] != element[at]), most)
    rest = most - before
    after = next((at for at in range(rest) if field[-1 - at] != element[-1 - at]), rest)
    found = {(field, element)}
    for left in range(min(_CONTEXT, before) + 1):
        for right in range(min(_CONTEXT, after) + 1):
            start = before - left
            found.add((field[start : len(field) - after + right], element[start : len(element) - after + right]))
    return frozenset(rule for rule in found if len(rule[0]) >= _SHORTEST)


def variants(key: str, core: str, rules: Rules) -> list[Variant]:
    """A key, its core and what rules make of both, the surest first."""
    found = {core: Variant(core, _OF_CORE, "", "")} | {key: Variant(key, 1.0, "", "")}
    front = list(found.values())
    for _ in range(_STEPS):
        made = [each for variant in front for each in _rewritten(variant, rules)]
        front = []
        for variant in sorted(made, key=_surest):
            if variant.weight > found.get(variant.key, _NONE).weight:
                found[variant.key] = variant
                front.append(variant)
        front = front[:_MOST]
    return sorted(found.values(), key=_surest)[:_MOST]


_NONE = Variant("", 0.0, "", "")


def _surest(variant: Variant) -> tuple[float, str, str]:
    return -variant.weight, variant.key, variant.part


def _rewritten(variant: Variant, rules: Rules) -> Iterator[Variant]:
    key = variant.key
    for start in range(len(key) - 1):
        for end in range(start + _SHORTEST, min(len(key), start + _LONGEST) + 1):
            for rule in rules.get(key[start:end], ()):
                made = key[:start] + rule.to + key[end:]
                if len(made) >= _SHORTEST:
                    yield Variant(made, variant.weight * rule.weight, key[start:end], rule.to)


@kept(1)
def _synonyms() -> tuple[Mapping[str, str], int]:
    """Each word of a group of words that mean the same, with one character of its own for the group."""
    groups = read("columns")["synonyms"]
    marks = {word: chr(0xE000 + number) for number, group in reversed(list(enumerate(groups))) for word in group}
    return marks, max(map(len, marks))


@kept(200_000)
def canonical(key: str) -> str:
    """A key with each word that has synonyms as one character; a word of one character counts at the end only."""
    marks, longest = _synonyms()
    found, at = [], 0
    while at < len(key):
        for length in range(min(longest, len(key) - at), 0, -1):
            mark = marks.get(key[at : at + length])
            if mark and (length > 1 or at + 1 == len(key)):
                found.append(mark)
                break
        else:
            found.append(key[at])
            length = 1
        at += length
    return "".join(found)

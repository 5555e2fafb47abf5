"""Proposals with the answer known: made from entries of a catalogue by a seeded generator, real twins, and such that
duplicate nothing."""

import random
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import opencc
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

from graph.facts import is_placeholder
from graph.matching.proposals import Body, Candidate, Proposal, ProposedResource
from graph.matching.words import words

_WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("duplicate_words.toml").read_text(encoding="utf-8"))
_NOTHING = _WORDS["nothing"]


@dataclass(frozen=True)
class Case:
    """A proposal, the candidates that it duplicates (none: nothing), those that are not in the catalogue then, and
    whether enough is said for a verdict."""

    kind: str
    proposal: Proposal
    right: frozenset[str]
    without: frozenset[str] = frozenset()
    department: Body | None = None
    said: bool = True


class Maker:
    """Makes cases from one half of a catalogue, the same for the same seed."""

    def __init__(self, candidates: Sequence[Candidate], half: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._all = candidates
        self._resources = [made for made in candidates if made.kind == "resource" and _tells(made)]
        self._half = [made for made in self._resources if _half(made.id) == half]
        self._systems = [
            made
            for made in candidates
            if made.kind == "system"
            and len(made.parts) >= 3
            and _half(made.id) == half
            and len(words(made.name).core) > 3
        ]
        self._traditional = opencc.OpenCC("s2t")
        self._same: dict[tuple[str, str], list[str]] = defaultdict(list)
        for made in self._resources:
            self._same[_likeness(made)].append(made.id)

    def duplicates(self, count: int) -> Iterator[Case]:
        """Entries of the catalogue written as another department or city would."""
        for made in self._random.sample(self._half, count):
            yield self._duplicate(made)

    def systems(self, count: int) -> Iterator[Case]:
        """Systems of the catalogue, proposed with some of what they hold."""
        for made in self._random.sample(self._systems, min(count, len(self._systems))):
            yield self._system(made)

    def twins(self) -> Iterator[Case]:
        """Entries that two departments have registered: one of them proposed, the other left in the catalogue."""
        for one, other in twins(self._resources):
            if _half(one.id) != _half(self._half[0].id):
                continue
            if self._random.random() < 0.5:
                one, other = other, one
            yield Case("twin", _as_proposed(one), frozenset({other.id}), frozenset({one.id}), one.department)

    def taken_out(self, count: int) -> Iterator[Case]:
        """Entries that the catalogue would not have, with nothing else like them left."""
        for made in self._random.sample(self._half, len(self._half)):
            if count and not self._has_like(made):
                count -= 1
                yield replace(
                    self._duplicate(made), kind="none: taken out", right=frozenset(), without=self._alike(made)
                )

    def novel(self, count: int) -> Iterator[Case]:
        """Licences, registers and systems for things that no catalogue has."""
        for thing in self._random.sample(_NOTHING["objects"], count):
            name, matter = self._random.choice(_NOTHING["forms"])
            fields = self._random.choice(_NOTHING["fields"])
            yield self._none("none: novel", name.format(thing), matter.format(thing), fields)

    def generic(self, count: int) -> Iterator[Case]:
        """Proposals of generic words and fields only."""
        for _ in range(count):
            fields = self._random.sample(_NOTHING["generic_fields"], self._random.randint(2, 8))
            name = self._random.choice(_NOTHING["generic_names"])
            yield self._none("none: generic", name, self._random.choice(_NOTHING["generic_matters"]), fields, False)

    def placeholders(self, count: int) -> Iterator[Case]:
        """Proposals that say nothing, in one place or all."""
        for at in range(count):
            void = [self._random.choice(_NOTHING["placeholders"]) for _ in range(4)]
            made = self._random.choice(self._half)
            name, matter, fields = void[0], void[1], void[2:]
            if at % 4 == 1:
                fields = [field.name for field in made.fields]
            if at % 4 == 2:
                name = self._random.choice(_NOTHING["generic_names"])
            yield self._none("none: placeholders", name, matter, fields, False)

    def _none(self, kind: str, name: str, matter: str, fields: Sequence[str], said: bool = True) -> Case:
        resource = ProposedResource(name, tuple(fields))
        return Case(kind, Proposal(name, matter or None, resources=(resource,)), frozenset(), said=said)

    def _alike(self, made: Candidate) -> frozenset[str]:
        name, matter = _likeness(made)
        return frozenset(
            other.id
            for other in self._all
            if _close(name, words(other.name).core)
            or _close(matter, words(" ".join(other.matter)).core)
            or made.name in other.parts
        )

    def _has_like(self, made: Candidate) -> bool:
        """Whether something like it stays when all that has its name or matter is taken out."""
        name, matter = _likeness(made)
        out = self._alike(made)
        if len(out) > 30:
            return True
        return any(
            max(fuzz.partial_ratio(name, theirs), fuzz.partial_ratio(matter, theirs)) > 75
            for other in self._all
            if other.id not in out
            for theirs in (words(other.name).core, words(" ".join(other.matter)).core)
            if len(theirs) > 3
        )

    def _duplicate(self, made: Candidate) -> Case:
        chance = self._random.random
        name = self._renamed(made.name)
        matter = self._rephrased(made.matter[0])
        fields = self._refielded([field.name for field in made.fields])
        if chance() < 0.15:
            name, matter = self._traditional.convert(name), self._traditional.convert(matter)
            fields = [self._traditional.convert(field) for field in fields]
        resource = ProposedResource(name if chance() < 0.6 else self._renamed(made.name), tuple(fields))
        proposal = Proposal(name, matter, resources=(resource,) if chance() < 0.85 else ())
        if chance() < 0.15:
            proposal = replace(proposal, description=None, duties=(matter,))
        return Case("made", proposal, frozenset(self._same[_likeness(made)]))

    def _system(self, made: Candidate) -> Case:
        parts = self._random.sample(made.parts, min(len(made.parts), self._random.randint(2, 5)))
        resources = tuple(
            ProposedResource(self._renamed(part), ("名称", "编号", "备注")) for part in parts if words(part).core
        )
        matter = self._random.choice(_WORDS["leads"]) + "、".join(parts) + self._random.choice(_WORDS["tails"])
        same = [one.id for one in self._all if one.kind == "system" and words(one.name).core == words(made.name).core]
        return Case("system", Proposal(self._renamed(made.name), matter, resources=resources), frozenset(same))

    def _renamed(self, name: str) -> str:
        chance = self._random.random
        made = self._synonyms(name, 0.5)
        if chance() < 0.35:
            made = made.replace("某市", "").replace("某省", "")
        if chance() < 0.5:
            made = self._random.choice(_WORDS["cities"]) + made.removeprefix("某市").removeprefix("某省")
        if chance() < 0.5:
            made += self._random.choice(_WORDS["suffixes"])
        if chance() < 0.15:
            made = made.strip("《》")
        if chance() < 0.1:
            made = f"《{made}》"
        if chance() < 0.1 and len(made) > 6:
            at = self._random.randrange(1, len(made) - 1)
            made = made[:at] + made[at + 1 :]
        if chance() < 0.1 and len(made) > 8:
            at = len(made) // 2
            made = made[at:] + made[:at]
        return made

    def _rephrased(self, matter: str) -> str:
        chance = self._random.random
        made = self._synonyms(matter, 0.4)
        parts = [part for part in made.replace("，", "、").split("、") if part]
        if len(parts) > 3 and chance() < 0.5:
            self._random.shuffle(parts)
            parts = parts[: max(2, int(len(parts) * self._random.uniform(0.5, 1)))]
            made = self._random.choice(_WORDS["joins"]).join(parts)
        if len(made) > 60 and chance() < 0.6:
            at = self._random.randrange(0, len(made) // 2)
            made = made[at : at + self._random.randint(30, 80)]
        if chance() < 0.35:
            made = self._random.choice(_WORDS["leads"]) + made
        if chance() < 0.35:
            made = made.rstrip("。") + self._random.choice(_WORDS["tails"])
        return made

    def _refielded(self, names: Sequence[str]) -> list[str]:
        chance = self._random.random
        made = [self._synonyms(name, 0.35) for name in names if chance() > 0.3] or list(names)
        made += self._random.sample(_WORDS["extra_fields"]["names"], self._random.randint(0, 4))
        if chance() < 0.6:
            self._random.shuffle(made)
        how = chance()
        if how < 0.1:
            made = ["".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).upper() for name in made]
        elif how < 0.15:
            made = ["_".join(lazy_pinyin(name)) for name in made]
        return [name for name in made if name]

    def _synonyms(self, text: str, share: float) -> str:
        changed = 0
        for word, others in _WORDS["synonyms"].items():
            if changed < 3 and word in text and self._random.random() < share:
                text = text.replace(word, self._random.choice(others), 1)
                changed += 1
        return text


def twins(resources: Sequence[Candidate]) -> list[tuple[Candidate, Candidate]]:
    """Pairs of different departments: a name of its own that only these two have, or a matter that only they have
    under names that are alike."""
    by_name: dict[str, list[Candidate]] = defaultdict(list)
    by_matter: dict[str, list[Candidate]] = defaultdict(list)
    for made in resources:
        name, matter = _likeness(made)
        by_name[name].append(made)
        by_matter[matter].append(made)
    found = {}
    for group, least, likeness in ((by_name, 8, 0), (by_matter, 8, 40)):
        for key, pair in group.items():
            if len(pair) == 2 and len(key) >= least and pair[0].department != pair[1].department:
                one, other = pair
                if fuzz.ratio(words(one.name).core, words(other.name).core) >= likeness:
                    found[one.id, other.id] = (one, other)
    return [found[ids] for ids in sorted(found)]


def _as_proposed(made: Candidate) -> Proposal:
    fields = tuple(field.name for field in made.fields)
    return Proposal(made.name, made.matter[0], resources=(ProposedResource(made.name, fields),))


def _likeness(made: Candidate) -> tuple[str, str]:
    return words(made.name).core, words(" ".join(made.matter)).core


def _tells(made: Candidate) -> bool:
    """Whether an entry says what it is: name and matter, and they are more than a generic word."""
    name, matter = _likeness(made)
    return not any(map(is_placeholder, (made.name, *made.matter))) and len(name) > 2 and len(matter) > 3


def _close(mine: str, theirs: str) -> bool:
    return mine == theirs or (len(theirs) > 3 and fuzz.ratio(mine, theirs) > 65)


def _half(id: str) -> int:
    return sum(map(ord, id)) % 2


MAKERS: dict[str, Callable[[Maker, int], Iterator[Case]]] = {
    "made": Maker.duplicates,
    "system": Maker.systems,
    "twin": lambda maker, _: maker.twins(),
    "none: taken out": Maker.taken_out,
    "none: novel": Maker.novel,
    "none: generic": Maker.generic,
    "none: placeholders": Maker.placeholders,
}
COUNTS = {
    "made": 250,
    "system": 25,
    "none: taken out": 40,
    "none: novel": 40,
    "none: generic": 25,
    "none: placeholders": 25,
}


def make_cases(candidates: Sequence[Candidate], half: int, seed: int) -> list[Case]:
    """All cases of one half of a catalogue and one seed."""
    maker = Maker(candidates, half, seed)
    return [case for kind, make in MAKERS.items() for case in make(maker, COUNTS.get(kind, 0))]

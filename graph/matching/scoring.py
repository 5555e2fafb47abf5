"""How much a candidate is like a proposal. Name and matter decide, fields add; where it is kept and by whom never
filters.

A name that many registered things bear (营业执照) says little about which of them is meant: the more candidates bear
the proposal's name, the less it weighs beside the matter, and the other way round.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from graph.matching.likeness import Bag, Bags, Fields, Frequencies, Pair, distinct, sense_grams
from graph.matching.proposals import Body, Candidate, Known, Named, Proposal
from graph.matching.telling import tells
from graph.refusals import BadInput


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence weighs. The score is `mean` × the mean of name and matter + `best` × the better of
    the two + `fields` × the fields' likeness, and what is added for common sources and a common department."""

    mean: float = 0.65
    best: float = 0.3
    fields: float = 0.05
    sources: float = 0.03
    department: float = 0.01
    crowd: float = 0.5
    """How fast a name or matter that many candidates have loses weight."""
    same: float = 0.95
    """From which likeness on two names or matters count as the same."""
    holds: float = 0.5
    """How much it means that a system holds a resource of a proposed name."""
    piece: float = 0.1
    """What is taken off a candidate that is like one of several proposed resources only."""
    enough: float = 0.8
    """How much a proposal must say for a full score, counted in grams as rare as can be: 企业信息 says less."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a duplicate check: the version of their profile, thresholds, weights, and how much is listed."""

    version: str = "usual"
    overlap: float = 0.5
    duplicate: float = 0.75
    listed: float = 0.2
    most: int = 20
    weights: Weights = field(default_factory=Weights)

    @staticmethod
    def from_table(version: str, table: Mapping[str, Any]) -> "Rules":
        """The rules of a profile's table `duplicates`. BadInput names what it does not know or what is no number."""
        given = dict(table)
        weights: dict[str, Any] = _numbers(Weights, given.pop("weights", {}), "duplicates.weights")
        numbers: dict[str, Any] = _numbers(Rules, given, "duplicates")
        made = Rules(version, weights=Weights(**weights), **numbers)
        if made.overlap > made.duplicate:
            raise BadInput("duplicates: overlap must not be above duplicate.")
        if made.weights.mean + made.weights.best <= 0:
            raise BadInput("duplicates.weights: name and matter (mean, best) must weigh something.")
        return made


def _numbers(kind: type[Any], given: object, place: str) -> dict[str, float]:
    known = {one.name for one in fields(kind)} - {"version", "weights"}
    if not isinstance(given, Mapping):
        raise BadInput(f"{place}: a table of numbers is needed.")
    for name, value in given.items():
        if name not in known:
            raise BadInput(f"{place}.{name}: not known; there are {', '.join(sorted(known))}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1000:
            raise BadInput(f"{place}.{name}: a number from 0 is needed.")
    return dict(given)


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate's score and what it is made of. `compared` is the proposed resource that is likest (None: the
    proposal as a whole), `parts` the proposed resources with the likest that a system holds."""

    candidate: Candidate
    score: float
    name: float
    matter: float
    fields: float
    pairs: tuple[Pair, ...]
    compared: str | None
    parts: tuple[tuple[str, str, float], ...]
    elements: tuple[Named, ...]
    sources: tuple[Named, ...]
    relation: str | None
    crowd: int
    """How many resources have the name that was compared."""


def needed_grams(proposal: Proposal, candidates: Sequence[Candidate]) -> set[str]:
    """The grams whose frequencies a score is made with."""
    texts = [proposal.name, *matter(proposal), *(one.name for one in proposal.resources)]
    for one in candidates:
        texts += [one.name, *one.aliases, *one.matter, *one.duties, *one.parts]
    return {gram for text in texts for gram in sense_grams(text)}


def matter(proposal: Proposal) -> tuple[str, ...]:
    """The texts that say what a proposed system is for."""
    return tuple(filter(None, (proposal.description, *proposal.duties, *proposal.functions)))


class Scorer:
    """Scores all candidates of one proposal: the same for the same candidates, in whatever order they come."""

    def __init__(
        self,
        proposal: Proposal,
        candidates: Sequence[Candidate],
        frequencies: Frequencies,
        known: Known,
        weights: Weights,
    ) -> None:
        self._proposal, self._known, self._weights = proposal, known, weights
        self._candidates = sorted(candidates, key=lambda one: one.id)
        self._bags = bags = Bags(frequencies)
        self._names = _usable([proposal.name, *(one.name for one in proposal.resources)])
        self._texts = _usable(matter(proposal))
        self._matter = bags.of(*self._texts)
        self._single = [bags.of(text) for text in self._texts] if len(self._texts) > 1 else []
        self._likeness = [self._name_and_matter(one) for one in self._candidates]
        self._crowd = {name: self._called(name) for name in self._names}
        self._power = {name: self._power_of(crowd) for name, crowd in self._crowd.items()}
        self._matter_power = self._power_of(sum(theirs >= weights.same for _, theirs in self._likeness))
        self._fields = self._compare_fields()
        self._enough = self._said_enough(frequencies)

    def scored(self) -> list[Scored]:
        """All candidates, best first; equals by id."""
        made = [self._score(at) for at in range(len(self._candidates))]
        return sorted(made, key=lambda one: (-one.score, one.candidate.id))

    def _name_and_matter(self, one: Candidate) -> tuple[dict[str, float], float]:
        """How alike each proposed name is to a candidate's, and the matters."""
        bags = self._bags
        theirs = [bags.of(name) for name in (one.name, *one.aliases)]
        names = {name: max(bags.cosine(bags.of(name), other) for other in theirs) for name in self._names}
        return names, self._matters(bags.of(*one.matter, *one.duties))

    def _matters(self, theirs: Bag) -> float:
        whole = self._bags.cosine(self._matter, theirs)
        return max([whole, *(0.95 * self._bags.cosine(one, theirs) for one in self._single)])

    def _called(self, name: str) -> int:
        """How many resources have a name."""
        each = zip(self._candidates, self._likeness, strict=True)
        return sum(names[name] >= self._weights.same for one, (names, _) in each if one.kind == "resource")

    def _said_enough(self, frequencies: Frequencies) -> float:
        said = self._bags.of(*self._names, *self._texts).square / frequencies.weight("") ** 2
        return min(1.0, math.sqrt(said / self._weights.enough)) if self._weights.enough else 1.0

    def _power_of(self, crowd: int) -> float:
        return 1 / (1 + self._weights.crowd * math.log(max(1, crowd)))

    def _compare_fields(self) -> list[Fields]:
        elements: dict[str, frozenset[str]] = {name: frozenset([one.id]) for name, one in self._known.elements.items()}
        for one in self._candidates:
            for known in one.fields:
                if known.element:
                    elements[known.name] = elements.get(known.name, frozenset()) | {known.element.id}
        held = [distinct(one.name for one in candidate.fields) for candidate in self._candidates]
        return [Fields(resource.fields, held, elements) for resource in self._proposal.resources]

    def _score(self, at: int) -> Scored:
        one = self._candidates[at]
        names, matters = self._likeness[at]
        parts = self._parts(one) if one.parts else ()
        if parts:
            matters = max(matters, self._held(parts))
        whole = self._proposal.name if self._proposal.name in names else None
        choices: list[tuple[float, int, str | None]] = [(self._of(one, names, whole, matters), 0, None)]
        if one.kind == "resource":
            several = len(self._proposal.resources) > 1
            for number, resource in enumerate(self._proposal.resources):
                value = self._of(one, names, resource.name if resource.name in names else None, matters)
                choices.append((value * (1 - self._weights.piece if several else 1), -number - 1, resource.name))
        value, _, compared = max(choices, key=lambda choice: choice[:2])
        named = self._proposal.name if compared is None else compared
        alike, pairs = self._best_fields(at)
        sources, relation = self._sources(one), related(self._known.department, one.department)
        score = value * self._enough + self._weights.fields * alike
        score += self._weights.sources * bool(sources) + self._weights.department * _NEAR.get(relation or "", 0.0)
        ceiling = self._weights.mean + self._weights.best + self._weights.fields
        return Scored(
            one,
            round(min(1.0, score / max(ceiling, 0.01) if value else 0.0), 4),
            round(names.get(named, 0.0), 4),
            round(matters, 4),
            round(alike, 4),
            tuple(pairs),
            compared,
            parts,
            self._elements(one),
            sources,
            relation,
            self._crowd.get(named, 0),
        )

    def _of(self, one: Candidate, names: Mapping[str, float], name: str | None, matters: float) -> float:
        """What name and matter say together. The name of a system is its own, however many departments list it."""
        like = names[name] if name else 0.0
        shared = one.kind == "resource" and self._texts
        mine = 0.0 if name is None else self._power[name] if shared else 1.0
        theirs = self._matter_power
        top = max(mine, theirs)
        mean = (mine * like + theirs * matters) / (mine + theirs)
        return self._weights.mean * mean + self._weights.best * max(mine * like, theirs * matters) / top

    def _parts(self, one: Candidate) -> tuple[tuple[str, str, float], ...]:
        asked = _usable(resource.name for resource in self._proposal.resources) or self._names
        held = [(part, self._bags.of(part)) for part in sorted(set(one.parts))]
        found = []
        for name in asked:
            mine = self._bags.of(name)
            like, part = max((self._bags.cosine(mine, theirs), part) for part, theirs in held)
            found.append((name, part, round(like, 4)))
        return tuple(found)

    def _held(self, parts: Sequence[tuple[str, str, float]]) -> float:
        """How much of what is proposed a system holds: rare names count, and several say more than one."""
        powers = [self._power[name] for name, _, _ in parts]
        covered = sum(power * like for power, (_, _, like) in zip(powers, parts, strict=True)) / sum(powers)
        return covered * (1 - math.prod(1 - self._weights.holds * power for power in powers))

    def _best_fields(self, at: int) -> tuple[float, list[Pair]]:
        return max((made.alike(at) for made in self._fields), key=lambda found: found[0], default=(0.0, []))

    def _elements(self, one: Candidate) -> tuple[Named, ...]:
        mine = {element.id for element in self._known.elements.values()}
        found = {held.element.id: held.element for held in one.fields if held.element and held.element.id in mine}
        return tuple(found[id] for id in sorted(found))

    def _sources(self, one: Candidate) -> tuple[Named, ...]:
        mine = {source.id for source in self._known.reads}
        return tuple(sorted((source for source in one.reads if source.id in mine), key=lambda source: source.id))


_NEAR = {"SAME": 1.0, "ABOVE": 0.5, "BELOW": 0.5}


def related(mine: Body | None, theirs: Body | None) -> str | None:
    """How another department stands to one's own: SAME, ABOVE (it or its jurisdiction is above), BELOW, or None."""
    if mine is None or theirs is None:
        return None
    if mine.id == theirs.id:
        return "SAME"
    if theirs.id in mine.above or (theirs.jurisdiction != mine.jurisdiction and theirs.jurisdiction in mine.above):
        return "ABOVE"
    if mine.id in theirs.above or (theirs.jurisdiction != mine.jurisdiction and mine.jurisdiction in theirs.above):
        return "BELOW"
    return None


def _usable(texts: Any) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text and tells(text)))

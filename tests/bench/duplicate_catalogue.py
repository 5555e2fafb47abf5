"""The real catalogue as candidates of a duplicate check, read at run time, and an index over it in memory."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from connectors.catalogue import Catalogue
from connectors.protocol import Input
from graph.facts import Kind, Thing
from graph.matching.proposals import Body, Candidate, HeldField
from graph.matching.words import all_grams

_MOST_FIELDS = 500


def read_candidates(path: Path) -> list[Candidate]:
    """The resources and systems of a catalogue workbook, by id."""
    things: dict[Kind, list[Thing]] = defaultdict(list)
    for fact in asyncio.run(_facts(path)):
        if isinstance(fact, Thing):
            things[fact.kind].append(fact)
    bodies = {
        one.id: Body(one.id, one.values["name"], one.values.get("jurisdiction")) for one in things[Kind.DEPARTMENT]
    }
    fields: dict[str, list[HeldField]] = defaultdict(list)
    for one in things[Kind.FIELD]:
        fields[one.values["resource"]].append(HeldField(one.values.get("name", "")))
    resources = [_resource(one, fields[one.id], bodies) for one in things[Kind.RESOURCE]]
    held: dict[str, list[Candidate]] = defaultdict(list)
    for one, made in zip(things[Kind.RESOURCE], resources, strict=True):
        if one.values.get("system"):
            held[one.values["system"]].append(made)
    systems = [_system(one, held[one.id], bodies) for one in things[Kind.SYSTEM]]
    return sorted(resources + systems, key=lambda made: made.id)


async def _facts(path: Path) -> list[Any]:
    return [fact async for fact in Catalogue(Input([path], source="bench", jurisdiction="jurisdiction:320900")).pull()]


def _resource(one: Thing, fields: Sequence[HeldField], bodies: dict[str, Body]) -> Candidate:
    return Candidate(
        id=one.id,
        kind="resource",
        name=one.values.get("name") or "",
        matter=tuple(filter(None, [one.values.get("abstract")])),
        duties=tuple(one.values.get("duties") or ()),
        fields=tuple(fields),
        department=bodies.get(one.values.get("provider", "")),
    )


def _system(one: Thing, held: Sequence[Candidate], bodies: dict[str, Body]) -> Candidate:
    return Candidate(
        id=one.id,
        kind="system",
        name=one.values.get("name") or "",
        matter=tuple(filter(None, [one.values.get("description"), *(one.values.get("functions") or ())])),
        fields=tuple(field for part in held for field in part.fields)[:_MOST_FIELDS],
        department=bodies.get(one.values.get("department", "")),
        parts=tuple(part.name for part in held),
    )


def texts(made: Candidate) -> Iterable[str]:
    """The texts by which a candidate is found."""
    return (made.name, *made.aliases, *made.matter, *made.duties, *made.parts)


class Index:
    """Grams of candidates' texts: how many candidates have each, and which candidates are likest a proposal."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates
        self.total = len(candidates)
        postings: dict[str, list[int]] = defaultdict(list)
        lengths = []
        for at, made in enumerate(candidates):
            grams = all_grams(texts(made))
            lengths.append(len(grams))
            for gram in grams:
                postings[gram].append(at)
        self._postings = {gram: np.array(ats, dtype=np.int32) for gram, ats in postings.items()}
        self._counts = Counter({gram: len(ats) for gram, ats in postings.items()})
        self._norm = 0.4 + 0.6 * np.array(lengths) / max(1.0, float(np.mean(lengths)))

    def frequency(self, gram: str) -> int:
        """How many candidates have a gram."""
        return self._counts[gram]

    def likest(self, asked: Iterable[str], most: int = 200) -> list[Candidate]:
        """The candidates that share most with some texts, best first."""
        scores = np.zeros(self.total)
        for gram in all_grams(asked):
            if gram in self._postings:
                at = self._postings[gram]
                scores[at] += np.log((self.total + 1) / (len(at) + 0.5)) / (1 + self._norm[at])
        best = np.argsort(-scores, kind="stable")[:most]
        return [self.candidates[at] for at in best if scores[at] > 0]

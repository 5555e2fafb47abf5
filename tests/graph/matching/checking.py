"""A small registry of test cases, and checks against it without a graph."""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph.matching.likeness import Frequencies, sense_grams
from graph.matching.proposals import Candidate, HeldField, Proposal, Report
from graph.matching.reports import check
from graph.matching.scoring import Rules

_FILE = Path(__file__).parents[2] / "cases/matching/duplicates.toml"
_CASES: dict[str, list[dict[str, Any]]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
_ABOUT = frozenset({"says", "verdict", "first", "among", "asks"})


def candidate(said: Mapping[str, Any]) -> Candidate:
    """A candidate as a test case writes it: fields are names."""
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    given["fields"] = tuple(map(HeldField, said.get("fields", ())))
    return Candidate(**given)


CANDIDATES = [candidate(said) for said in _CASES["candidates"]]
PROPOSALS = _CASES["proposals"]


def proposal(case: Mapping[str, Any]) -> Proposal:
    """The proposal of a test case."""
    return Proposal.from_json({key: value for key, value in case.items() if key not in _ABOUT})


def frequencies(candidates: Sequence[Candidate]) -> Frequencies:
    """How many candidates have each gram."""
    counts: Counter[str] = Counter()
    for one in candidates:
        texts = (one.name, *one.aliases, *one.matter, *one.duties, *one.parts)
        counts.update({gram for text in texts for gram in sense_grams(text)})
    return Frequencies(len(candidates), counts)


def checked(made: Proposal, candidates: Sequence[Candidate] = CANDIDATES, **given: Any) -> Report:
    """The report of a check against all candidates."""
    rules = given.pop("rules", Rules())
    return check(made, candidates, rules, frequencies(candidates), **given)

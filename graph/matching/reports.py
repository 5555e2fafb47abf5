"""A duplicate check: verdict, candidates and what could be shared; and the same again from what a report keeps.

made = check(proposal, candidates, Rules(), frequencies)
reproduce(made.as_json()) == made.as_json()
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from graph.matching import proposals
from graph.matching.explaining import sentence, signals
from graph.matching.likeness import Bags, Frequencies
from graph.matching.proposals import Candidate, Existing, Known, Match, Named, Proposal, Report, Verdict
from graph.matching.scoring import Rules, Scored, Scorer
from graph.matching.shareable import shareable
from graph.matching.tables import version
from graph.matching.telling import asks, is_comparable

_NOTHING_KNOWN = Known()


def check(
    proposal: Proposal,
    candidates: Iterable[Candidate],
    rules: Rules,
    frequencies: Frequencies,
    *,
    known: Known = _NOTHING_KNOWN,
    existing: Iterable[Existing] = (),
    sequence: int = 0,
    at: str = "",
) -> Report:
    """The report on a proposal: the same whatever order candidates and fields come in.

    `frequencies` must tell the grams of `scoring.needed_grams`; `existing` are the fields that are registered under
    the names (or with the elements) of proposed ones; `sequence` and `at` say which state of the graph was read.
    """
    ordered = sorted(candidates, key=lambda one: one.id)
    fields = sorted(existing, key=lambda one: one.id)
    scored = Scorer(proposal, ordered, frequencies, known, rules.weights).scored()
    judged = is_comparable(proposal)
    bags = Bags(frequencies)
    least = min(rules.listed, rules.overlap)
    listed = [one for one in scored if one.score and one.score >= least][: int(rules.most)]
    matches = tuple(_match(one, proposal, rules, known, bags, judged) for one in listed)
    shared, requests = shareable(proposal, fields, known, {one.candidate.id: one.score for one in scored})
    return Report(
        rules=rules.version,
        sequence=sequence,
        at=at,
        proposal=proposal,
        verdict=_verdict(matches) if judged else Verdict.UNKNOWN,
        asks=asks(proposal),
        unknown=known.unknown,
        candidates=matches,
        levels=_levels(matches),
        shareable=shared,
        requests=requests,
        inputs={
            "rules": asdict(rules),
            "known": known,
            "candidates": ordered,
            "existing": fields,
            "frequencies": frequencies,
            "tables": version(),
        },
    )


def reproduce(report: bytes) -> bytes:
    """A report made again from nothing but its own inputs."""
    said: Mapping[str, Any] = orjson.loads(report)
    inputs = said["inputs"]
    made = check(
        Proposal.from_json(said["proposal"]),
        [proposals.candidate(one) for one in inputs["candidates"]],
        Rules.from_table(said["rules"], {name: value for name, value in inputs["rules"].items() if name != "version"}),
        Frequencies(**inputs["frequencies"]),
        known=proposals.known(inputs["known"]),
        existing=[proposals.existing(one) for one in inputs["existing"]],
        sequence=said["sequence"],
        at=said["at"],
    )
    return made.as_json()


def _match(one: Scored, proposal: Proposal, rules: Rules, known: Known, bags: Bags, judged: bool) -> Match:
    found = signals(one, proposal, bags, known.instances)
    owner = one.candidate.department
    return Match(
        id=one.candidate.id,
        kind=one.candidate.kind,
        name=one.candidate.name,
        score=one.score,
        over=_over(one, rules) if judged and one.candidate.id not in known.instances else None,
        compared=one.compared,
        department=Named(owner.id, owner.name) if owner else None,
        level=owner.level if owner else None,
        signals=found,
        text=sentence(one, found),
    )


def _over(one: Scored, rules: Rules) -> Verdict | None:
    if one.score >= rules.duplicate:
        return Verdict.DUPLICATE
    return Verdict.OVERLAP if one.score >= rules.overlap else None


def _verdict(matches: Sequence[Match]) -> Verdict:
    over = {one.over for one in matches}
    return next((verdict for verdict in (Verdict.DUPLICATE, Verdict.OVERLAP) if verdict in over), Verdict.NONE)


def _levels(matches: Sequence[Match]) -> Mapping[str, tuple[str, ...]]:
    levels = sorted({one.level for one in matches if one.over and one.level})
    return {level: tuple(one.id for one in matches if one.over and one.level == level) for level in levels}

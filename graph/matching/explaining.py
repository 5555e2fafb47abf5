"""Why a candidate is like a proposal: signals with their evidence, and a sentence that can be argued with."""

from collections.abc import Iterator, Sequence

from graph.matching.likeness import Bags, in_common
from graph.matching.proposals import Proposal, Signal
from graph.matching.scoring import Scored
from graph.matching.scoring import matter as said

_ALIKE = 0.3
"""A likeness below this is no reason."""
_SAME_DUTY = 0.6
_MOST = 50
_COMMON = 3
"""A name that more candidates than this have is called common."""
_RELATIONS = {
    "SAME": "it is the proposer's own department's",
    "ABOVE": "it is kept one level or department above",
    "BELOW": "it is kept one level or department below",
}


def signals(scored: Scored, proposal: Proposal, bags: Bags, instances: Sequence[str]) -> tuple[Signal, ...]:
    """The reasons for a score, the weightiest kinds first."""
    found = [
        *_name(scored, proposal),
        *_matter(scored, proposal),
        *_duties(scored, proposal, bags),
        *_parts(scored),
        *_fields(scored),
        *_elements(scored),
        *_sources(scored),
        *_department(scored),
    ]
    if scored.candidate.component:
        text = "it is a common component, meant to be used rather than built again"
        found.append(Signal("COMPONENT", 1.0, {"component": scored.candidate.name}, text))
    if scored.candidate.id in instances:
        text = "it is no duplicate: the system that is changed, or an instance of the standard solution"
        found.append(Signal("INSTANCE", 1.0, {"solution": proposal.instance_of}, text))
    return tuple(found)


def sentence(scored: Scored, found: Sequence[Signal]) -> str:
    """All reasons in one sentence."""
    owner = scored.candidate.department
    whose = f" of {owner.name}" if owner else ""
    what = f"the proposed resource {scored.compared}" if scored.compared else "the proposal"
    reasons = "; ".join(signal.text for signal in found) or "hardly anything is in common"
    return f"{scored.candidate.name}{whose}, compared with {what}: {reasons}."


def _name(scored: Scored, proposal: Proposal) -> Iterator[Signal]:
    if scored.name < _ALIKE:
        return
    name, one = scored.compared or proposal.name, scored.candidate
    theirs = max((one.name, *one.aliases), key=lambda other: (sum(map(len, in_common(name, other))), other == one.name))
    pieces = in_common(name, theirs)
    text = f"its name {theirs} is alike ({scored.name:.2f})" + (f", both say {'、'.join(pieces)}" if pieces else "")
    if scored.crowd > _COMMON:
        text += f", but {scored.crowd} candidates are called so, so the name weighs less"
    evidence = {"proposed": name, "existing": theirs, "words": pieces, "called_so": scored.crowd}
    yield Signal("NAME", scored.name, evidence, text)


def _matter(scored: Scored, proposal: Proposal) -> Iterator[Signal]:
    mine, theirs = " ".join(said(proposal)), " ".join((*scored.candidate.matter, *scored.candidate.duties))
    pieces = in_common(mine, theirs)
    if scored.matter >= _ALIKE and pieces:
        text = f"what it is for is alike ({scored.matter:.2f}): {'、'.join(pieces)}"
        yield Signal("MATTER", scored.matter, {"words": pieces}, text)


def _duties(scored: Scored, proposal: Proposal, bags: Bags) -> Iterator[Signal]:
    found = []
    for mine in proposal.duties:
        for theirs in (*scored.candidate.duties, *scored.candidate.matter):
            like = bags.cosine(bags.of(mine), bags.of(theirs))
            if like >= _SAME_DUTY:
                found.append({"proposed": mine, "existing": theirs, "likeness": round(like, 4)})
                break
    if found:
        score = round(len(found) / len(proposal.duties), 4)
        text = f"it serves {len(found)} of {len(proposal.duties)} proposed duties ({_cut(found[0]['existing'])})"
        yield Signal("DUTIES", score, {"pairs": found[:_MOST]}, text)


def _cut(text: object) -> str:
    words = str(text)
    return words if len(words) <= 40 else words[:40] + "…"


def _parts(scored: Scored) -> Iterator[Signal]:
    held = [part for part in scored.parts if part[2] >= _SAME_DUTY]
    if held:
        pairs = [{"proposed": mine, "existing": theirs, "likeness": like} for mine, theirs, like in held]
        score = round(len(held) / len(scored.parts), 4)
        text = (
            f"it holds {'、'.join(theirs for _, theirs, _ in held[:5])}, like {len(held)} of {len(scored.parts)} asked"
        )
        yield Signal("HOLDS", score, {"pairs": pairs[:_MOST]}, text)


def _fields(scored: Scored) -> Iterator[Signal]:
    if not scored.pairs:
        return
    best = sorted(scored.pairs, key=lambda pair: (-pair.likeness * pair.weight, pair.proposed))[:5]
    shown = "、".join(
        pair.proposed if pair.proposed == pair.existing else f"{pair.proposed}={pair.existing}" for pair in best
    )
    pairs = [{"proposed": one.proposed, "existing": one.existing, "likeness": one.likeness} for one in scored.pairs]
    count = len(scored.pairs)
    text = f"{count} {'field is' if count == 1 else 'fields are'} alike ({shown})"
    yield Signal("FIELDS", scored.fields, {"pairs": pairs[:_MOST]}, text)


def _elements(scored: Scored) -> Iterator[Signal]:
    if scored.elements:
        names = "、".join(one.name for one in scored.elements[:5])
        ids = [one.id for one in scored.elements]
        yield Signal("ELEMENTS", 1.0, {"elements": ids}, f"its fields carry the same data elements ({names})")


def _sources(scored: Scored) -> Iterator[Signal]:
    if scored.sources:
        names = "、".join(one.name for one in scored.sources[:5])
        yield Signal("SOURCES", 1.0, {"resources": [one.id for one in scored.sources]}, f"both read {names}")


def _department(scored: Scored) -> Iterator[Signal]:
    if scored.relation and scored.candidate.department:
        owner = scored.candidate.department
        evidence = {"relation": scored.relation, "department": owner.id, "level": owner.level}
        yield Signal("DEPARTMENT", 1.0 if scored.relation == "SAME" else 0.5, evidence, _RELATIONS[scored.relation])

"""What a finding says to people: a sentence, where its rule comes from, and the way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graph.broken import FindingKind


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence is made of: the names of the things, how many are behind it, and the sources."""

    names: Sequence[str]
    count: int
    more: Sequence[str] = ()
    sources: Sequence[str] = ()
    jurisdictions: bool = False
    """Whether it goes from one jurisdiction to another, not only from one department."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one kind."""

    sentence: Callable[[Said], str]
    rule: str
    way_out: str


def _links(count: int) -> str:
    return f"{count:,} link" + ("" if count == 1 else "s")


def _where(said: Said) -> str:
    return "into another jurisdiction" if said.jurisdictions else "into another department"


def _reader(said: Said) -> str:
    resource, system = said.names
    out = "of another jurisdiction" if said.jurisdictions else "of another department"
    return f"{system} reads {resource} {out} ({_links(said.count)}); no agreement in force covers that."


def _flow(said: Said) -> str:
    source, target = said.names
    return f"{source} flows {_where(said)}, to {target} ({_links(said.count)}); no agreement in force covers that."


def _unregistered(said: Said) -> str:
    shown = ", ".join(said.more)
    rest = " and others" if said.count > len(said.more) else ""
    times = "once" if said.count == 1 else f"{said.count:,} times"
    return f"{said.names[0]} is named {times}, by {shown}{rest}, and nobody has registered it."


def _quiet(said: Said) -> str:
    source, target = said.names
    what = f"{_links(said.count)} from {source} to {target}"
    return f"Nothing has been heard for long of {what}: last stated by {', '.join(said.sources)}."


WORDS: Mapping[FindingKind, Words] = {
    FindingKind.NO_SYSTEM: Words(
        lambda said: f"{said.names[0]} is in the catalogue, but no system in force holds it.",
        "ours: each resource is kept in a system (docs/findings.md)",
        "State the resource's `system`, or register the system that it names.",
    ),
    FindingKind.NO_SOURCE: Words(
        lambda said: f"Nobody says where {said.names[0]} comes from, and it is not declared original.",
        "ours, after one source for each item, 一数一源 (docs/findings.md)",
        "State what feeds it; or, if it is collected here, give it a data element with its department as `source`.",
    ),
    FindingKind.NOT_MOUNTED: Words(
        lambda said: f"{said.names[0]} is in the catalogue, but no link says where its data comes from or goes to.",
        "the plan: mounted by the catalogue, 按目录挂接; how it is judged is ours (docs/findings.md)",
        "State what feeds it or reads it; if it is not to be shared, state WITHHELD as its `share_type`.",
    ),
    FindingKind.READER_WITHOUT_AGREEMENT: Words(
        _reader,
        "ours, from platforms in use: conditional resources need the provider's consent (docs/findings.md)",
        "Make an agreement that covers the resource and is granted to the reader's department, or end the reading.",
    ),
    FindingKind.FLOW_WITHOUT_AGREEMENT: Words(
        _flow,
        "ours, from platforms in use: conditional resources need the provider's consent (docs/findings.md)",
        "Make an agreement that covers what flows and is granted to the user's department, or end the flow.",
    ),
    FindingKind.AGREEMENT_WITHOUT_FLOW: Words(
        lambda said: f"{said.names[0]} is in force, but no data flows under it.",
        "ours: what was agreed on is delivered (docs/findings.md)",
        "Have the data delivered or the flow stated, or end the agreement.",
    ),
    FindingKind.UNREGISTERED: Words(
        _unregistered,
        "the contract, section 3: a reference to what nobody stated makes a node marked UNREGISTERED",
        "Register it under this id, or correct the id where it is named.",
    ),
    FindingKind.QUIET_SOURCE: Words(
        _quiet,
        "ours: a source is quiet when it was not imported for `quietDays` (docs/findings.md)",
        "Import the source again; with --full what it no longer states is withdrawn.",
    ),
    FindingKind.IMPORT: Words(
        lambda said: "",
        "the checks of imports (docs/exchange.md, docs/catalogue.md)",
        "Correct it at its source and import that again.",
    ),
}

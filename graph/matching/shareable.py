"""Which of a proposal's data is collected already, and whom to ask for it instead of collecting it again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graph.matching.likeness import pinyin
from graph.matching.proposals import Existing, Known, Named, Proposal, ProposedResource, Request, Shareable
from graph.matching.telling import is_own_bookkeeping
from graph.matching.words import words

_SHOWN = 5
_EASE = {"UNCONDITIONAL": 0, "CONDITIONAL": 1, None: 2, "WITHHELD": 3}
_HOW = {"ELEMENT": 0, "NAME": 1, "PINYIN": 2}
_WAYS = {"UNCONDITIONAL": "DIRECT", "CONDITIONAL": "APPROVAL", "WITHHELD": "CONTEST"}
_SAY = {
    "OWN": "is the department's own: use it",
    "DIRECT": "is shared without condition: take it directly",
    "APPROVAL": "is shared on a condition: ask {provider} for consent",
    "ASK": "has no share type: ask {provider} to state one, and for the data",
    "CONTEST": "is withheld: contest the basis for that before it can be requested",
}

Found = list[tuple[str, Existing]]
"""The fields that exist for a proposed one, each with how it was met."""


def shareable(
    proposal: Proposal, existing: Iterable[Existing], known: Known, scores: Mapping[str, float]
) -> tuple[tuple[Shareable, ...], tuple[Request, ...]]:
    """The proposed fields that exist, and requests for them: of resources that are like the proposal first (`scores`,
    by id), then of those that give most at once and are easiest to get."""
    by_name, by_element = _lookups(existing)
    fields, requests = [], []
    for resource in proposal.resources:
        found = {name: _matches(name, by_name, by_element, known) for name in _worth_asking(resource)}
        found = {name: matches for name, matches in found.items() if matches}
        fields += [_shown(resource, name, matches, scores) for name, matches in found.items()]
        requests += _requests(found, known, scores)
    return tuple(fields), tuple(_joined(requests))


def _worth_asking(resource: ProposedResource) -> list[str]:
    return [name for name in dict.fromkeys(resource.fields) if words(name).core and not is_own_bookkeeping(name)]


def _lookups(existing: Iterable[Existing]) -> tuple[Mapping[str, Found], Mapping[str, list[Existing]]]:
    by_name: dict[str, Found] = defaultdict(list)
    by_element: dict[str, list[Existing]] = defaultdict(list)
    for one in sorted(existing, key=lambda field: field.id):
        core = words(one.name).core
        if core:
            by_name[core].append(("NAME", one))
            for spelling in pinyin(core):
                by_name[spelling].append(("PINYIN", one))
        if one.element:
            by_element[one.element.id].append(one)
    return by_name, by_element


def _matches(name: str, by_name: Mapping[str, Found], by_element: Mapping[str, list[Existing]], known: Known) -> Found:
    found: dict[str, tuple[str, Existing]] = {}
    element = known.elements.get(name)
    for one in by_element.get(element.id, ()) if element else ():
        found[one.id] = ("ELEMENT", one)
    for how, one in by_name.get(words(name).core, ()):
        found.setdefault(one.id, (how, one))
    return list(found.values())


def _shown(resource: ProposedResource, name: str, matches: Found, scores: Mapping[str, float]) -> Shareable:
    ordered = sorted(matches, key=lambda match: (-scores.get(match[1].resource.id, 0.0), _rank(*match)))
    levels = {one.provider.level for _, one in matches if one.provider and one.provider.level}
    shown = ordered[:_SHOWN]
    return Shareable(
        resource.name,
        name,
        tuple(one for _, one in shown),
        tuple(how for how, _ in shown),
        len(ordered) - len(shown),
        tuple(sorted(levels)),
    )


def _rank(how: str, one: Existing) -> tuple[int, int, str]:
    return _HOW[how], _EASE.get(one.share_type, 2), one.id


def _requests(found: Mapping[str, Found], known: Known, scores: Mapping[str, float]) -> list[Request]:
    """One resource after another, until every field that exists is asked for once."""
    offers: dict[str, dict[str, tuple[str, Existing]]] = defaultdict(dict)
    for name, matches in found.items():
        for how, one in sorted(matches, key=lambda match: _rank(*match)):
            offers[one.resource.id].setdefault(name, (how, one))
    open_fields, made = set(found), []
    while open_fields:
        id = min(offers, key=lambda id: _preference(id, offers[id], open_fields, scores))
        taken = {name: offers[id][name][1] for name in found if name in open_fields and name in offers[id]}
        open_fields -= set(taken)
        made += _asked(taken, known)
    return made


def _preference(
    id: str, offer: Mapping[str, tuple[str, Existing]], open_fields: set[str], scores: Mapping[str, float]
) -> tuple[bool, float, float, str]:
    gives = [(how, one) for name, (how, one) in offer.items() if name in open_fields]
    if not gives:
        return True, 0.0, 0.0, id
    ease = sum(1 - _EASE.get(one.share_type, 2) / 4 - _HOW[how] / 10 for how, one in gives)
    return False, -ease * (1 + scores.get(id, 0.0)), -scores.get(id, 0.0), id


def _asked(taken: Mapping[str, Existing], known: Known) -> list[Request]:
    """The fields of one resource, by the way in which they are got."""
    groups: dict[tuple[str, str | None, str | None], list[tuple[str, Existing]]] = defaultdict(list)
    for name, one in taken.items():
        groups[_way(one, known), one.share_type, one.share_condition].append((name, one))
    return [_request(way, fields) for (way, _, _), fields in groups.items()]


def _way(one: Existing, known: Known) -> str:
    if known.department and one.provider and known.department.id == one.provider.id:
        return "OWN"
    return _WAYS.get(one.share_type or "", "ASK")


def _request(way: str, fields: Sequence[tuple[str, Existing]]) -> Request:
    first = fields[0][1]
    provider = Named(first.provider.id, first.provider.name) if first.provider else None
    names = "、".join(one.name for _, one in fields)
    say = _SAY[way].format(provider=provider.name if provider else "its provider")
    method = first.share_methods[0] if first.share_methods else None
    text = f"{names} in {first.resource.name} {say}" + (f" ({method})." if method and way != "CONTEST" else ".")
    ids, proposed = tuple(one.id for _, one in fields), tuple(name for name, _ in fields)
    share = (first.share_type, first.share_condition, method)
    return Request(way, provider, first.resource, ids, proposed, *share, text)


def _joined(requests: Iterable[Request]) -> list[Request]:
    """The requests, each once, the easiest first."""
    order = {way: at for at, way in enumerate(_SAY)}
    return sorted(dict.fromkeys(requests), key=lambda one: (order[one.way], one.resource.id, one.fields))

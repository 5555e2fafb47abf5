"""Two statements of one thing or link by one source in one run: the later one's keys laid over the earlier's."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from graph.facts import Fact, Finding, Link, Severity, Thing

Note = Callable[[Finding], None]


def lay_over(earlier: Thing, later: Thing, note: Note) -> Thing:
    """The two as one; a difference is a finding at the later one's place. One that would end it before it begins is not
    taken, and a finding."""
    laid = replace(
        later,
        values={**earlier.values, **later.values},
        raw={**earlier.raw, **later.raw},
        extra={**earlier.extra, **later.extra},
    )
    if _never_in_force(laid):
        message = f"with what was said of {later.id} before, its valid_from is not before valid_to"
        done = "not taken; what was said before counts"
        note(Finding("BAD_INTERVAL", Severity.ERROR, later.place, message, done, None, (later.id,)))
        return earlier
    _compare(earlier, later, later.id, note)
    return laid


def lay_over_link(earlier: Link, later: Link, note: Note) -> Link:
    """As `lay_over`, of a link."""
    _compare(earlier, later, f"{later.start} → {later.end}", note)
    return replace(later, values={**earlier.values, **later.values}, extra={**earlier.extra, **later.extra})


def _never_in_force(thing: Thing) -> bool:
    since, until = thing.values.get("valid_from"), thing.values.get("valid_to")
    return since is not None and until is not None and since >= until


def _compare(earlier: Fact, later: Fact, what: str, note: Note) -> None:
    said, says = {**earlier.values, **earlier.extra}, {**later.values, **later.extra}
    other = _names(name for name in says if name in said and says[name] != said[name])
    added = _names(name for name in says if name not in said)
    if not other and not added:
        return
    row = f" (row {earlier.place.row})" if earlier.place.row is not None else ""
    parts = [f"other values for {other}"] if other else []
    parts += [f"also {added}"] if added else []
    ids = (later.id,) if isinstance(later, Thing) else (later.start, later.end)
    note(
        Finding(
            "STATED_TWICE",
            Severity.WARNING if other else Severity.INFO,
            later.place,
            f"{what} was stated before{row}; here with {' and '.join(parts)}",
            "the later line's keys were laid over the earlier's",
            _values(says, said) if other else None,
            ids,
        )
    )


def _names(names: Any) -> str:
    return ", ".join(sorted(names))


def _values(says: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    pairs = [f"{name}: {said[name]!r} → {says[name]!r}" for name in says if name in said and says[name] != said[name]]
    text = "; ".join(sorted(pairs))
    return text if len(text) <= 400 else text[:400] + "…"

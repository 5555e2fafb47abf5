"""`registry rules`: which rules are in force when, what they say, and whether they can be used."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from graph.facts import Severity
from graph.profiles import Deadline, RuleProfile
from graph.profiles_check import check
from registry.commands.calendar import day
from registry.commands.opened import Failure, settings
from registry.settings import SettingsError
from registry.terminal import Format, console, print_json, table

__all__ = ["check_rules", "list_rules", "show_rules"]

_LISTED = {"profile": "left", "in force": "left", "regulation": "left", "version": "left"}
_DEADLINES = {"deadline": "left", "working days": "right", "may be extended": "left", "what": "left", "basis": "left"}
_FOUND = {"severity": "left", "profile": "left", "what": "left", "is": "left"}


def list_rules(form: Format) -> int:
    """Print all profiles."""
    found = settings().rule_profiles().all
    if form is Format.JSON:
        print_json({"profiles": [_record(one) for one in found]})
    else:
        console().print(table(_LISTED, [(one.name, _in_force(one), one.title, one.version) for one in found]))
    return 0


def show_rules(name: str | None, on: str | None, form: Format) -> int:
    """Print one profile: the one that is named, else the one in force."""
    if name is not None and on is not None:
        raise Failure("--on: a profile is named already.", "Leave out one of the two.", status=2)
    given = settings()
    profiles = given.rule_profiles()
    when = given.today() if on is None else day("--on", on)
    found = profiles.in_force(when) if name is None else profiles.named(name)
    if form is Format.JSON:
        print_json(_record(found))
    else:
        _print(found)
    return 0


def check_rules(form: Format) -> int:
    """Print what is odd and what one's own file changes; 1 if something is wrong."""
    given = settings()
    try:
        profiles = given.rule_profiles()
    except SettingsError as error:
        raise Failure(str(error)) from error
    found = check(profiles, given.today())
    wrong = any(one.severity is not Severity.INFO for one in found)
    if form is Format.JSON:
        findings = [
            {"severity": one.severity.value, "profile": one.profile, "key": one.key, "message": one.message}
            for one in found
        ]
        print_json({"ok": not wrong, "file": _file(profiles.file), "findings": findings})
        return 1 if wrong else 0
    if found:
        rows = [(one.severity.value, one.profile, one.key, one.message) for one in found]
        console().print(table(_FOUND, rows))
        console().print()
    where = f"with {profiles.file} laid over them" if profiles.file else "as they are built in"
    console().print(Text(f"{len(profiles.all)} rule profiles, {where}."))
    return 1 if wrong else 0


def _file(file: object) -> str | None:
    return None if file is None else str(file)


def _record(one: RuleProfile) -> dict[str, Any]:
    """A profile as JSON; keys as in GraphQL and, within its tables, as in the file."""
    content = one.content()
    about = {name: content[name] for name in ("name", "title", "basis", "note")}
    dates = {"effectiveFrom": one.effective_from, "effectiveTo": one.effective_to, "version": one.version}
    return {**about, **dates, **{key: value for key, value in content.items() if isinstance(value, Mapping)}}


def _in_force(one: RuleProfile) -> str:
    return f"from {one.effective_from}" + (f", before {one.effective_to}" if one.effective_to else "")


def _print(one: RuleProfile) -> None:
    out = console()
    out.print(Text(f"{one.title} ({one.version}), {_in_force(one)}"))
    out.print(Text(f"Basis: {'; '.join(one.basis)}. {one.note}"))
    out.print()
    rows = [
        (name, found.days, _extension(found), found.title, found.basis) for name, found in sorted(one.deadlines.items())
    ]
    out.print(table(_DEADLINES, rows))
    yearly = [(name, f"{found.month:02}-{found.day:02}", found.title) for name, found in sorted(one.yearly.items())]
    if yearly:
        out.print()
        out.print(table({"every year": "left", "by": "left", "what": "left"}, yearly))
    for group, numbers in one.thresholds.items():
        out.print()
        out.print(table({group: "left", "number": "right"}, _flat(numbers)))
    for group, words in one.vocabulary.items():
        out.print()
        out.print(table({group: "left", "is called": "left"}, list(words.items())))


def _extension(found: Deadline) -> str:
    if not found.extendable:
        return "no"
    by = "by how many is not said" if found.extension is None else f"by {found.extension}"
    return f"{by}, with consent" if found.consent else by


def _flat(numbers: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, object]]:
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{within}{name}.")
        else:
            yield within + name, value

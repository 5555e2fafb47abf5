"""`registry doctor`: what was looked at, how it is, and what to do."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from registry.commands.opened import run
from registry.doctor import Check, Status, examine
from registry.terminal import Format, console, print_json, waiting

__all__ = ["doctor"]

_MARKS = {Status.OK: ("✓", "green"), Status.WARN: ("!", "yellow"), Status.FAIL: ("✗", "bold red")}


def doctor(form: Format) -> int:
    """Look at everything and print it; 1 when something is wrong."""
    with waiting("Looking …"):
        checks = run(examine)
    failed = any(check.status is Status.FAIL for check in checks)
    if form is Format.JSON:
        print_json({"ok": not failed, "checks": [asdict(check) for check in checks]})
    else:
        _print(checks)
    return 1 if failed else 0


def _print(checks: Sequence[Check]) -> None:
    out = console()
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark, style = _MARKS[check.status]
        out.print(Text.assemble((mark, style), f" {check.name:<{width}}  {check.found}"), soft_wrap=True)
        if check.to_do:
            out.print(Text(f"{'':<{width + 4}}→ {check.to_do}", style), soft_wrap=True)

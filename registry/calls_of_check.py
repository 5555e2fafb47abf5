"""How `registry check` is called. What it does is in `registry/commands/check.py`."""

from pathlib import Path
from typing import Annotated

import typer

from registry.choices import Report

__all__ = ["check"]


def check(
    proposal: Annotated[
        Path | None, typer.Argument(metavar="PROPOSAL.json", help="The proposal; - reads it from standard input.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.json", help="Keep the whole report there.")
    ] = None,
    reproduce: Annotated[
        Path | None,
        typer.Option("--reproduce", metavar="FILE.json", help="Make such a report again, from its inputs alone."),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a proposal to begin with.")] = False,
    form: Annotated[Report, typer.Option("--format", help="As a table, or as JSON for programs.")] = Report.TABLE,
) -> int:
    """Check a proposed system: does it exist already, who has its data, and what could be shared instead of collected.

    Ends with 1 where something like it was found, or the proposal says too little.
    """
    from registry.commands import check as commands
    from registry.commands.opened import Failure
    from registry.terminal import Format

    if sum((proposal is not None, reproduce is not None, example)) != 1:
        raise Failure("check: name a proposal's file, or --reproduce a report, or ask for an --example.", status=2)
    if example:
        return commands.example()
    if reproduce is not None:
        return commands.reproduced(reproduce)
    assert proposal is not None
    return commands.check(commands.Wanted(proposal, report), Format(form.value))

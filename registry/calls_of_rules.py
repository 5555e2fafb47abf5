"""How `registry rules …` and `registry calendar …` are called. What they do is in `registry/commands/rules.py`."""

from typing import Annotated

import typer

from registry.choices import Report

__all__ = ["calendar", "rules"]

rules = typer.Typer(
    name="rules",
    help="What is due in how many working days, and by which numbers is judged: the rule profiles.",
    epilog="Example: registry rules list",
    no_args_is_help=True,
    rich_markup_mode=None,
)
calendar = typer.Typer(
    name="calendar",
    help="Which days are worked, and when a deadline in working days ends.",
    epilog="Example: registry calendar due 2026-02-13 5",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Reported = Annotated[Report, typer.Option("--format", help="As a table, or as JSON for programs.")]
_On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="In force on this day; default today.")]
_Start = Annotated[str, typer.Argument(metavar="DATE", help="The day of the event; days count from the day after.")]


@rules.command("list", epilog="Example: registry rules list")
def list_rules(form: _Reported = Report.TABLE) -> int:
    """List the rule profiles, and when each is in force."""
    from registry.commands import rules as commands
    from registry.terminal import Format

    return commands.list_rules(Format(form.value))


@rules.command("show", epilog="Example: registry rules show --on 2024-05-06")
def show_rules(
    name: Annotated[str | None, typer.Argument(help="Its name or version; else the one in force.")] = None,
    on: _On = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Show a rule profile: deadlines, yearly duties, numbers and words."""
    from registry.commands import rules as commands
    from registry.terminal import Format

    return commands.show_rules(name, on, Format(form.value))


@rules.command("check", epilog="Example: registry rules check")
def check_rules(form: _Reported = Report.TABLE) -> int:
    """Look whether the rules can be used, and say what the file of REGISTRY_RULES changes; 1 if something is wrong."""
    from registry.commands import rules as commands
    from registry.terminal import Format

    return commands.check_rules(Format(form.value))


@calendar.command("show", epilog="Example: registry calendar show 2026")
def show_calendar(
    year: Annotated[int, typer.Argument(help="Which year.")],
    form: _Reported = Report.TABLE,
) -> int:
    """Show the holidays of a year, and the weekends that are worked for them."""
    from registry.commands import calendar as commands
    from registry.terminal import Format

    return commands.show(year, Format(form.value))


@calendar.command("due", epilog="Example: registry calendar due 2026-02-13 5")
def due(
    start: _Start,
    days: Annotated[int, typer.Argument(help="How many working days: 0 (the same day) to 10,000.")],
    form: _Reported = Report.TABLE,
) -> int:
    """Say when a deadline in working days ends."""
    from registry.commands import calendar as commands
    from registry.terminal import Format

    return commands.due(start, days, Format(form.value))


@calendar.command("between", epilog="Example: registry calendar between 2026-02-13 2026-03-02")
def between(
    start: _Start,
    end: Annotated[str, typer.Argument(metavar="END", help="The last day that counts.")],
    form: _Reported = Report.TABLE,
) -> int:
    """Count the working days after one day and up to another."""
    from registry.commands import calendar as commands
    from registry.terminal import Format

    return commands.between(start, end, Format(form.value))


@calendar.command("check", epilog="Example: registry calendar check")
def check_calendar(form: _Reported = Report.TABLE) -> int:
    """Hold the calendar against what every official arrangement keeps; 1 if something cannot be right."""
    from registry.commands import calendar as commands
    from registry.terminal import Format

    return commands.check_calendar(Format(form.value))

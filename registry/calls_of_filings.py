"""How `registry filings …` is called. What it does is in `registry/commands/filings.py` and `filing_lists.py`."""

from pathlib import Path
from typing import Annotated

import typer

from registry.choices import (
    Decided,
    FilingKind,
    FilingOrder,
    FilingState,
    Funds,
    ListOrder,
    Opinion,
    Report,
)

__all__ = ["filings"]

filings = typer.Typer(
    name="filings",
    help="Systems that are to be built, changed or retired: their filings, from draft to decision.",
    epilog="Example: registry filings draft proposal.json --by 王科",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Reported = Annotated[Report, typer.Option("--format", help="As a table, or as JSON for programs.")]
_Id = Annotated[str, typer.Argument(help="The filing's id.")]
_By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it.")]
_Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")]
_Needed = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
_Seen = Annotated[
    int | None, typer.Option("--version", metavar="N", help="The version that was seen; refused if there is a newer.")
]
_Without = Annotated[
    str | None, typer.Option("--without", metavar="TEXT", help="Why it goes without the opinions that are missing.")
]
_File = Annotated[Path, typer.Argument(metavar="FILE.json", help="What it says, as JSON; - is standard input.")]
_First = Annotated[int, typer.Option(min=0, max=10_000, help="How many rows are listed.")]
_Departments = Annotated[
    list[str] | None, typer.Option("--department", metavar="ID", help="Only those of this department (repeatable).")
]


@filings.command("list", epilog="Example: registry filings list --state in_review --waits-for 市财政局")
def list_filings(
    states: Annotated[
        list[FilingState] | None,
        typer.Option("--state", case_sensitive=False, help="Only those in this state (repeatable)."),
    ] = None,
    kinds: Annotated[
        list[FilingKind] | None, typer.Option("--kind", case_sensitive=False, help="Only of this kind (repeatable).")
    ] = None,
    departments: _Departments = None,
    waits_for: Annotated[
        str | None, typer.Option(metavar="BODY", help="Only those on which this body has not said anything yet.")
    ] = None,
    late: Annotated[bool | None, typer.Option("--late/--in-time", help="Only those that are late, or are not.")] = None,
    order_by: Annotated[
        FilingOrder, typer.Option(case_sensitive=False, help="What the list is ordered by.")
    ] = FilingOrder.CHANGED,
    first: _First = 50,
    form: _Reported = Report.TABLE,
) -> int:
    """List filings, with how many there are of what."""
    from registry.commands import filing_lists
    from registry.terminal import Format

    wanted = filing_lists.Wanted(states, kinds, departments, waits_for, late, order_by.value, first)
    return filing_lists.list_filings(wanted, Format(form.value))


@filings.command(epilog="Example: registry filings show filing:0123456789abcdef")
def show(id: _Id, form: _Reported = Report.TABLE) -> int:
    """Show a filing and all that happened to it; as JSON with the reports of its checks."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.show(id, Format(form.value))


@filings.command(epilog="Example: registry filings draft proposal.json --by 王科")
def draft(
    file: _File,
    by: _By,
    kind: Annotated[
        FilingKind | None, typer.Option(case_sensitive=False, help="What is filed; default what the file says.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(metavar="ID", help="Of change and retire: which system; default what the file says.")
    ] = None,
    reason: _Reason = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Begin a filing: the file has the keys of a system, and reads, resources, instance_of; kind and system."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.draft(file, None if kind is None else kind.value, system, by, reason, Format(form.value))


@filings.command(epilog="Example: registry filings edit filing:0123456789abcdef proposal.json --by 王科")
def edit(
    id: _Id, file: _File, by: _By, reason: _Reason = None, version: _Seen = None, form: _Reported = Report.TABLE
) -> int:
    """Say something else in a draft, or in what was returned: all of it."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.edit(id, file, by, reason, version, Format(form.value))


@filings.command(epilog="Example: registry filings submit filing:0123456789abcdef --by 王科")
def submit(id: _Id, by: _By, reason: _Reason = None, version: _Seen = None, form: _Reported = Report.TABLE) -> int:
    """Hand a filing in; it is checked at once."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.act(lambda desk: desk.submit(id, by, reason, version), Format(form.value))


@filings.command(epilog="Example: registry filings check filing:0123456789abcdef --by 李处")
def check(id: _Id, by: _By, version: _Seen = None, form: _Reported = Report.TABLE) -> int:
    """Check a filing again."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.act(lambda desk: desk.check(id, by, version), Format(form.value))


@filings.command(
    epilog="Example: registry filings decide filing:0123456789abcdef system:… extend --by 李处 --reason 先扩展"
)
def decide(
    id: _Id,
    candidate: Annotated[str, typer.Argument(help="The id of the candidate.")],
    decision: Annotated[Decided, typer.Argument(case_sensitive=False, help="What is decided.")],
    by: _By,
    reason: _Needed,
    version: _Seen = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Decide on a candidate of the check."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.act(lambda desk: desk.decide(id, candidate, decision, by, reason, version), Format(form.value))


@filings.command(epilog="Example: registry filings review filing:0123456789abcdef 市发改委 市财政局=3 --by 李处")
def review(
    id: _Id,
    bodies: Annotated[
        list[str], typer.Argument(metavar="BODY[=DAYS]…", help="Ids of departments, names of others; working days.")
    ],
    by: _By,
    reason: _Reason = None,
    version: _Seen = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Ask bodies for their joint opinion."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    asked = commands.bodies(bodies)
    return commands.act(lambda desk: desk.review(id, asked, by, reason, version), Format(form.value))


@filings.command(epilog="Example: registry filings opinion filing:0123456789abcdef 市财政局 positive --by 钱科")
def opinion(
    id: _Id,
    body: Annotated[str, typer.Argument(help="Which body says it: its id or name.")],
    opinion: Annotated[Opinion, typer.Argument(case_sensitive=False, help="What it says.")],
    by: _By,
    reason: _Reason = None,
    version: _Seen = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Give the opinion of a body that was asked; one that is not positive needs its reason."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.act(lambda desk: desk.opine(id, body, opinion, by, reason, version), Format(form.value))


@filings.command(epilog="Example: registry filings approve filing:0123456789abcdef --by 李处")
def approve(
    id: _Id,
    by: _By,
    reason: _Reason = None,
    without: _Without = None,
    version: _Seen = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Approve a filing; a new system is registered as PLANNED."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.close(id, "APPROVE", by, reason, without, version, Format(form.value))


@filings.command(epilog="Example: registry filings refuse filing:0123456789abcdef --by 李处 --reason 重复建设")
def refuse(
    id: _Id,
    by: _By,
    reason: _Needed,
    without: _Without = None,
    version: _Seen = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Refuse a filing."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.close(id, "REFUSE", by, reason, without, version, Format(form.value))


@filings.command(
    "return", epilog="Example: registry filings return filing:0123456789abcdef --by 李处 --reason 说清事项"
)
def return_(id: _Id, by: _By, reason: _Needed, version: _Seen = None, form: _Reported = Report.TABLE) -> int:
    """Give a filing back, to be completed and handed in again."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.close(id, "RETURN", by, reason, None, version, Format(form.value))


@filings.command(epilog="Example: registry filings built filing:0123456789abcdef --by 王科 --on 2026-03-01")
def built(
    id: _Id,
    by: _By,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="On which day; default today.")] = None,
    reason: _Reason = None,
    version: _Seen = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Say that what was approved is done: the system is live, changed, or retired."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    day = commands.day_of(on)
    return commands.act(lambda desk: desk.build(id, by, day, reason, version), Format(form.value))


@filings.command(epilog="Example: registry filings withdraw filing:0123456789abcdef --by 王科")
def withdraw(id: _Id, by: _By, reason: _Reason = None, version: _Seen = None, form: _Reported = Report.TABLE) -> int:
    """Give up a draft."""
    from registry.commands import filings as commands
    from registry.terminal import Format

    return commands.act(lambda desk: desk.withdraw(id, by, reason, version), Format(form.value))


@filings.command(epilog="Example: registry filings scope --unfiled --jurisdiction jurisdiction:320900")
def scope(
    departments: _Departments = None,
    jurisdictions: Annotated[
        list[str] | None,
        typer.Option(
            "--jurisdiction", metavar="ID", help="Only those of this one, lower levels included (repeatable)."
        ),
    ] = None,
    filed: Annotated[
        bool | None, typer.Option("--filed/--unfiled", help="Only those of which a filing was approved, or was not.")
    ] = None,
    states: Annotated[
        list[FilingState] | None,
        typer.Option(
            "--state", case_sensitive=False, help="Only those whose last filing is in this state (repeatable)."
        ),
    ] = None,
    order_by: Annotated[
        ListOrder, typer.Option(case_sensitive=False, help="What the list is ordered by.")
    ] = ListOrder.ID,
    first: _First = 50,
    form: _Reported = Report.TABLE,
) -> int:
    """List every registered system, with whether and how it is filed, and what follows for its running funds."""
    from registry.commands import filing_lists
    from registry.terminal import Format

    wanted = filing_lists.WantedScope(departments, jurisdictions, filed, states, order_by.value, first)
    return filing_lists.scope(wanted, Format(form.value))


@filings.command(
    epilog="Example: registry filings funds system:… --decide no_funds --by 李处 --reason 联合认定为僵尸系统"
)
def funds(
    system: Annotated[str, typer.Argument(help="The id of a registered system.")],
    decide: Annotated[
        Funds | None, typer.Option("--decide", case_sensitive=False, help="Decide on its running funds.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides.")] = None,
    reason: _Reason = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Show what follows for the running funds of a system, and what was decided; or decide."""
    from registry.commands import filing_lists
    from registry.terminal import Format

    decided = None if decide is None else decide.value
    return filing_lists.funds(system, decided, by, reason, Format(form.value))


@filings.command(epilog="Example: registry filings solutions --register system:… --title 统一办公 --by 李处")
def solutions(
    register: Annotated[
        str | None, typer.Option("--register", metavar="SYSTEM", help="Make this system a standard solution.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="What it is called.")] = None,
    end: Annotated[str | None, typer.Option("--end", metavar="ID", help="Let this solution be used no longer.")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it.")] = None,
    reason: _Reason = None,
    form: _Reported = Report.TABLE,
) -> int:
    """List the standard solutions; or register one, or end one."""
    from registry.commands import filing_lists
    from registry.terminal import Format

    given = filing_lists.WantedSolution(register, title, end, by, reason)
    return filing_lists.list_solutions(given, Format(form.value))

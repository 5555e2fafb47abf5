"""How `registry sources …` is called. What it does is in `registry/commands/sources.py` and `running.py`."""

from typing import Annotated

import typer

from registry.choices import Report

__all__ = ["sources"]

sources = typer.Typer(
    name="sources",
    help="List who states what, and read the sources that registry.toml names: add, test, run, undo, remove.",
    epilog="Example: registry sources",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_Reported = Annotated[Report, typer.Option("--format", help="As a table, or as JSON for programs.")]
_Name = Annotated[str, typer.Argument(help="The source's name, as registry.toml has it.")]
_Number = Annotated[int | None, typer.Argument(help="The run's number, as `registry sources runs` lists it.")]


@sources.callback()
def default(context: typer.Context, form: _Reported = Report.TABLE) -> int:
    """List who states what, and read the sources that registry.toml names: add, test, run, undo, remove."""
    if context.invoked_subcommand is None:
        from registry.commands.sources import sources as show
        from registry.terminal import Format

        return show(Format(form.value))
    return 0


@sources.command("list", epilog="Example: registry sources list --format json")
def list_all(form: _Reported = Report.TABLE) -> int:
    """List all sources: how much each states now, its last import or run, and when it is run next."""
    from registry.commands.sources import sources as show
    from registry.terminal import Format

    return show(Format(form.value))


@sources.command(epilog="Example: registry sources kinds exchange")
def kinds(
    kind: Annotated[str | None, typer.Argument(help="A kind, for what a source of it may say.")] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """List the kinds of sources, or what a source of one kind may say."""
    from registry.commands import running
    from registry.terminal import Format

    return running.kinds(kind, Format(form.value))


@sources.command(
    epilog='Example: registry sources add people --kind exchange \'paths=["people.jsonl"]\' "schedule=0 3 * * *"'
)
def add(
    name: Annotated[str, typer.Argument(help="Its name: whose statements these are.")],
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]…", help="What it says of itself; password.env=NAME for a key in a table."),
    ] = None,
    kind: Annotated[str, typer.Option(help="What reads it; `registry sources kinds` lists all.")] = "",
    form: _Reported = Report.TABLE,
) -> int:
    """Add a source to registry.toml."""
    from registry.commands import running
    from registry.terminal import Format

    return running.add(name, kind, given or [], Format(form.value))


@sources.command(epilog="Example: registry sources test people")
def test(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if none is named.")] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Look whether sources can be reached and read. Nothing is stated."""
    from registry.commands import running
    from registry.terminal import Format

    return running.try_out(names or [], Format(form.value))


@sources.command(epilog="Example: registry sources run people --dry-run")
def run(
    name: _Name,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, write nothing.")] = False,
    full: Annotated[
        bool | None,
        typer.Option("--full/--not-full", help="Whether it says all that it has, so that what is gone goes."),
    ] = None,
    withdraw_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of its statements that a full run may withdraw.")
    ] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Read a source now and state what it says."""
    from registry.commands import running
    from registry.terminal import Format

    return running.run_one(running.Wanted(name, dry_run, full, withdraw_share), Format(form.value))


@sources.command(epilog="Example: registry sources runs people")
def runs(
    name: _Name,
    first: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 20,
    form: _Reported = Report.TABLE,
) -> int:
    """List what a source's runs did."""
    from registry.commands import running
    from registry.terminal import Format

    return running.list_runs(name, first, Format(form.value))


@sources.command(epilog="Example: registry sources show people 3")
def show(
    name: _Name,
    number: _Number = None,
    first: Annotated[int, typer.Option(min=0, max=100_000, help="How much of what it changed is listed.")] = 50,
    form: _Reported = Report.TABLE,
) -> int:
    """Show one run of a source, the last if none is named: what it did, what it found, and what it changed."""
    from registry.commands import running
    from registry.terminal import Format

    return running.show(name, number, first, Format(form.value))


@sources.command(epilog="Example: registry sources undo people 3")
def undo(name: _Name, number: _Number = None, form: _Reported = Report.TABLE) -> int:
    """Undo a run of a source, the last that changed something if none is named: it says again what it said before."""
    from registry.commands import running
    from registry.terminal import Format

    return running.undo(name, number, Format(form.value))


@sources.command(epilog="Example: registry sources remove people --withdraw")
def remove(
    name: _Name,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Withdraw what it states, too; that can be undone.")
    ] = False,
    form: _Reported = Report.TABLE,
) -> int:
    """Take a source out of registry.toml. What it states stays unless it is withdrawn."""
    from registry.commands import running
    from registry.terminal import Format

    return running.remove(name, withdraw=withdraw, form=Format(form.value))

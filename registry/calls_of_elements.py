"""How `registry elements …` is called. What it does is in `registry/commands/elements.py`."""

from typing import Annotated

import typer

from registry.choices import Conflict, Report

__all__ = ["elements"]

elements = typer.Typer(
    name="elements",
    help="Which data element each field has: suggest, decide, and see what does not fit.",
    epilog="Example: registry elements match 身份证号 SFZH --table 低保对象",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Reported = Annotated[Report, typer.Option("--format", help="As a table, or as JSON for programs.")]
_By = Annotated[str, typer.Option(help="Who decides: there is no sign-in to know it from.")]
_Reason = Annotated[str | None, typer.Option(help="Why; it is kept.")]
_First = Annotated[int, typer.Option(help="How many for each (1 to 50).")]
_Pairs = Annotated[list[str], typer.Argument(metavar="FIELD ELEMENT…", help="A field's id, then an element's, …")]


@elements.command(
    epilog="Example: registry elements match 身份证号 SFZH --table 低保对象 --department department:320900/市民政局"
)
def match(
    names: Annotated[list[str], typer.Argument(help="Names of fields or columns.")],
    table: Annotated[str | None, typer.Option(metavar="NAME", help="The name of their resource, as context.")] = None,
    department: Annotated[str | None, typer.Option(metavar="ID", help="The resource's department, as context.")] = None,
    first: _First = 5,
    form: _Reported = Report.TABLE,
) -> None:
    """Say which data elements names may stand for, and why. It learns from what is bound and refused."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.match(names, table, department, first, Format(form.value))


@elements.command(epilog="Example: registry elements suggest resource:320900/市发改委/企业公共信用报告")
def suggest(
    resource: Annotated[str, typer.Argument(metavar="ID", help="A resource.")],
    first: _First = 3,
    form: _Reported = Report.TABLE,
) -> None:
    """List a resource's fields that have no data element, each with those that it may have."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.suggest(resource, first, Format(form.value))


@elements.command(epilog="Example: registry elements bind FIELD ELEMENT --by 王科 --reason 与身份证一致")
def bind(pairs: _Pairs, by: _By, reason: _Reason = None, form: _Reported = Report.TABLE) -> None:
    """State which data element each field has; - as the element: none at all. All are taken or none."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.bind(pairs, by, reason, Format(form.value))


@elements.command(epilog="Example: registry elements unbind FIELD --by 王科")
def unbind(
    fields: Annotated[list[str], typer.Argument(help="Fields.")],
    by: _By,
    reason: _Reason = None,
    form: _Reported = Report.TABLE,
) -> None:
    """Take back which data element people said each field has; what sources state holds again."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.unbind(fields, by, reason, Format(form.value))


@elements.command(epilog="Example: registry elements refuse FIELD ELEMENT --by 王科 --reason 是法人的证件")
def refuse(pairs: _Pairs, by: _By, reason: _Reason = None, form: _Reported = Report.TABLE) -> None:
    """Keep that fields do not have data elements, so that they are not suggested any more."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.refuse(pairs, by, reason, Format(form.value))


@elements.command(epilog="Example: registry elements allow FIELD ELEMENT --by 王科")
def allow(pairs: _Pairs, by: _By, reason: _Reason = None, form: _Reported = Report.TABLE) -> None:
    """Take refusals back: the data elements may be suggested again."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.allow(pairs, by, reason, Format(form.value))


@elements.command(epilog="Example: registry elements source ELEMENT department:320900/市公安局 --by 王科")
def source(
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="A data element.")],
    by: _By,
    department: Annotated[
        str | None, typer.Argument(metavar="[DEPARTMENT]", help="Its authoritative source; - for none.")
    ] = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take back what people said of it.")] = False,
    reason: _Reason = None,
    form: _Reported = Report.TABLE,
) -> None:
    """State which department is a data element's authoritative source."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.set_source(element, department, by, reason, Format(form.value), take_back=take_back)


@elements.command(epilog="Example: registry elements record element:320900/公民身份号码")
def record(
    id: Annotated[str, typer.Argument(metavar="ID", help="A field or a data element.")],
    form: _Reported = Report.TABLE,
) -> None:
    """Tell what people decided about a field or a data element: who, when and why."""
    from registry.commands import elements as commands
    from registry.terminal import Format

    commands.record(id, Format(form.value))


@elements.command(epilog="Example: registry elements conflicts --kind no_authoritative_source")
def conflicts(
    kinds: Annotated[
        list[Conflict] | None,
        typer.Option("--kind", case_sensitive=False, help="Only this kind (repeatable); default all."),
    ] = None,
    element: Annotated[str | None, typer.Option(metavar="ID", help="Only what is about this data element.")] = None,
    department: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this department has a part in.")
    ] = None,
    first: Annotated[int, typer.Option(help="Rows to list (0 to 10,000).")] = 50,
    form: _Reported = Report.TABLE,
) -> None:
    """List where data elements do not fit: collected twice, typed otherwise, a source that is not the freshest."""
    from graph.conflicts import AskedConflicts
    from graph.element_conflicts import ConflictKind
    from registry.commands import elements as commands
    from registry.terminal import Format

    asked = AskedConflicts(tuple(ConflictKind(one.value) for one in kinds) if kinds else None, element, department)
    commands.conflicts(asked, first, Format(form.value))

"""How each command is called. What it does is in `registry/commands/`.

Only what reads the call is imported here, so that `--help` is quick.
"""

from pathlib import Path
from typing import Annotated

import typer

from registry import filter_options as options
from registry.calls_of_check import check
from registry.calls_of_elements import elements
from registry.calls_of_filings import filings
from registry.calls_of_rules import calendar, rules
from registry.calls_of_sources import sources
from registry.choices import (
    Answer,
    Bad,
    Direction,
    Filled,
    Finding,
    FindingOrder,
    Level,
    Plan,
    Report,
    Rows,
    ShareType,
    Shown,
    Table,
    Touched,
)

__all__ = ["app"]

app = typer.Typer(
    name="registry",
    help="Who holds which data, where it flows, and what a change would break.",
    epilog="Begin with: registry demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

app.add_typer(sources)
app.add_typer(filings)
app.add_typer(rules)
app.add_typer(calendar)
app.add_typer(elements)

app.command(epilog="Example: registry check proposal.json")(check)

_Reported = Annotated[Report, typer.Option("--format", help="As a table, or as JSON for programs.")]


@app.command(epilog="Example: registry demo --once")
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after printing, do not serve.")] = False,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0 finds a free one.")] = 8000,
) -> None:
    """Show what the registry does, with nothing set up: a made-up city, one question, then the service.

    Everything is in a temporary folder that is removed afterwards.
    """
    from registry.demo import demo as show

    show(once=once, host=host, port=port)


@app.command(epilog="Example: registry serve --port 8080")
def serve(
    host: Annotated[
        str, typer.Option(help="Address to serve on; one that others reach needs REGISTRY_OPEN=1.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0 finds a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Serve the GraphQL API until SIGTERM or Ctrl-C; what is under way is finished first."""
    from registry.commands.serve import serve as run

    run(host, port, workers)


@app.command(
    epilog="Example: registry lineage resource:320900/市发改委/企业公共信用报告 --direction upstream --depth 3"
)
def lineage(
    ids: Annotated[list[str], typer.Argument(help="Fields, resources, systems, departments or jurisdictions.")],
    direction: Annotated[
        Direction, typer.Option(case_sensitive=False, help="Upstream is towards the sources, downstream to the users.")
    ] = Direction.DOWNSTREAM,
    level: Annotated[Level, typer.Option(case_sensitive=False, help="What the answer's nodes are.")] = Level.RESOURCE,
    depth: Annotated[int, typer.Option(help="How many steps to go (0 to 1,000).")] = 5,
    as_of: Annotated[str | None, typer.Option(help="What was valid at this date or time; default now.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What the registry knew at this time; default now.")] = None,
    dependencies: Annotated[bool, typer.Option("--dependencies", help="Follow READS too, not only FEEDS.")] = False,
    only_department: options.Departments = None,
    only_system: options.Systems = None,
    only_jurisdiction: options.Jurisdictions = None,
    only_share_type: options.ShareTypes = None,
    only_element: options.Elements = None,
    only_flow: options.Flows = None,
    only_job: options.Jobs = None,
    only_source: options.Sources = None,
    stop_at: options.StopAt = None,
    through: options.Through = None,
    show_department: options.ShowDepartments = None,
    show_system: options.ShowSystems = None,
    show_jurisdiction: options.ShowJurisdictions = None,
    show_share_type: options.ShowShareTypes = None,
    show_element: options.ShowElements = None,
    show_flow: options.ShowFlows = None,
    show_job: options.ShowJobs = None,
    show_source: options.ShowSources = None,
    max_nodes: Annotated[int | None, typer.Option(help="Nodes in the answer (1 to 10,000); default 500.")] = None,
    max_per_node: Annotated[
        int | None, typer.Option(help="Neighbours followed from one node (1 to 10,000); default 100.")
    ] = None,
    max_milliseconds: Annotated[int | None, typer.Option(help="Time for the walk (1 to 60,000); default 5000.")] = None,
    form: Annotated[
        Answer, typer.Option("--format", help="How to print the answer; csv, jsonl and xlsx have all of it.")
    ] = Answer.TREE,
    of: Annotated[Rows | None, typer.Option(help="What rows csv has; default nodes.")] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write csv, jsonl, xlsx, svg, dot or mermaid there.")
    ] = None,
) -> None:
    """Follow data from where it comes to where it goes, at any level, and say where the answer was cut.

    Options that begin with --only, --show, --stop-at and --through may be given several times.
    """
    from registry.commands.lineage import Wanted
    from registry.commands.lineage import lineage as answer
    from registry.terminal import Format

    only = only_department, only_system, only_jurisdiction, only_share_type, only_element
    show = show_department, show_system, show_jurisdiction, show_share_type, show_element
    links, edges = (only_flow, only_job, only_source), (show_flow, show_job, show_source)
    filter = options.lineage_filter((*only, *links), stop_at, through, (*show, *edges))
    budget = {"maxNodes": max_nodes, "maxPerNode": max_per_node, "maxMilliseconds": max_milliseconds}
    wanted = Wanted(ids, direction.value, level.value, depth, as_of, known_at, dependencies, budget, filter)
    answer(wanted, Format(form.value), of and of.value, output)


@app.command(
    epilog="Example: registry paths department:320900/市公安局 resource:320900/市民政局/最低生活保障对象信息 --first 3"
)
def paths(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="Field, resource, system, department or jurisdiction it comes from.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="Where it goes to, as well.")],
    level: Annotated[Level, typer.Option(case_sensitive=False, help="What the nodes of a path are.")] = Level.RESOURCE,
    max_depth: Annotated[int, typer.Option(help="How many steps a path may have (0 to 1,000).")] = 30,
    first: Annotated[int, typer.Option(help="How many paths to list (1 to 1,000).")] = 10,
    as_of: Annotated[str | None, typer.Option(help="What was valid at this date or time; default now.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What the registry knew at this time; default now.")] = None,
    via: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Each path passes this thing (repeatable, up to 4).")
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="No path passes this thing (repeatable, up to 100).")
    ] = None,
    max_milliseconds: Annotated[int, typer.Option(help="Time for the search (1 to 60,000).")] = 5000,
    form: Annotated[Shown, typer.Option("--format", help="How to print the answer.")] = Shown.TREE,
) -> None:
    """List the ways by which data comes from one thing to another, the shortest first."""
    from registry.commands.paths import Wanted
    from registry.commands.paths import paths as answer
    from registry.terminal import Format

    wanted = Wanted(
        source, target, level.value, max_depth, first, as_of, known_at, via or [], avoid or [], max_milliseconds
    )
    answer(wanted, Format(form.value))


@app.command(epilog="Example: registry impact retire resource:320900/市公安局/户籍人口基本信息")
def impact(
    plan: Annotated[Plan, typer.Argument(case_sensitive=False, help="What is to be done.")],
    ids: Annotated[list[str], typer.Argument(help="To which fields, resources, systems or departments.")],
    into: Annotated[
        str | None, typer.Option(metavar="ID", help="Of merge: what they become part of, a thing of the same kind.")
    ] = None,
    data_type: Annotated[str | None, typer.Option(help="Of alter: the data type that fields are to have.")] = None,
    length: Annotated[int | None, typer.Option(help="Of alter: the length that fields are to have.")] = None,
    code_list: Annotated[str | None, typer.Option(help="Of alter: the code list of fields.")] = None,
    share_type: Annotated[
        ShareType | None, typer.Option(case_sensitive=False, help="Of alter: the share type of resources.")
    ] = None,
    update_cycle: Annotated[str | None, typer.Option(help="Of alter: the update cycle of resources.")] = None,
    level: Annotated[
        Level, typer.Option(case_sensitive=False, help="At which level to list what is affected.")
    ] = Level.RESOURCE,
    as_of: Annotated[str | None, typer.Option(help="What was valid at this date or time; default now.")] = None,
    first: Annotated[int, typer.Option(help="Rows of each list (0 to 10,000).")] = 50,
    max_milliseconds: Annotated[int, typer.Option(help="Time for the walks (1 to 60,000).")] = 5000,
    form: Annotated[
        Table,
        typer.Option("--format", help="How to print the answer; csv, jsonl, xlsx: all rows of all levels."),
    ] = Table.TABLE,
    of: Annotated[Touched | None, typer.Option(help="What rows csv has; default affected.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write csv, jsonl or xlsx there.")] = None,
) -> None:
    """Say what a change would touch: what breaks, what loses its only source, whom to tell. Nothing is written."""
    from graph.planned_change import ChangeKind, PlannedChange
    from registry.commands.impact import Wanted
    from registry.commands.impact import impact as answer
    from registry.terminal import Format

    given = {"data_type": data_type, "length": length, "code_list": code_list, "update_cycle": update_cycle}
    altered = {**given, "share_type": share_type and share_type.value}
    pairs = tuple((name, value) for name, value in altered.items() if value is not None)
    change = PlannedChange(ChangeKind[plan.name], tuple(ids), into, pairs)
    wanted = Wanted(change, level.value, as_of, first, max_milliseconds)
    answer(wanted, Format(form.value), of and of.value, output)


@app.command(epilog="Example: registry cycles --level department --within jurisdiction:320900")
def cycles(
    level: Annotated[
        Level | None,
        typer.Option(case_sensitive=False, help="What the nodes are; default resource, with --mutual department."),
    ] = None,
    within: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those that lie in this container with every member.")
    ] = None,
    mutual: Annotated[bool, typer.Option("--mutual", help="Pairs that depend on each other, with all links.")] = False,
    as_of: Annotated[str | None, typer.Option(help="What was valid at this date or time; default now.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What the registry knew at this time; default now.")] = None,
    first: Annotated[int, typer.Option(help="Rows of the page (0 to 1,000).")] = 50,
    after: Annotated[str | None, typer.Option(metavar="CURSOR", help="Only what comes after this.")] = None,
    links: Annotated[int, typer.Option(min=0, help="Links that the table of --mutual shows each way.")] = 0,
    form: _Reported = Report.TABLE,
) -> None:
    """Find what leads round in the data flows: sets of nodes from each of which data goes to each other one."""
    from registry.commands.cycles import Wanted
    from registry.commands.cycles import cycles as answer
    from registry.terminal import Format

    rolled = level or (Level.DEPARTMENT if mutual else Level.RESOURCE)
    answer(Wanted(rolled.value, within, mutual, as_of, known_at, first, after, links), Format(form.value))


@app.command(
    epilog="Example: registry diff resource:320900/市发改委/企业公共信用报告 --direction upstream --from 2019-06-01"
)
def diff(
    ids: Annotated[list[str], typer.Argument(help="Fields, resources, systems, departments or jurisdictions.")],
    since: Annotated[
        str | None, typer.Option("--from", help="What was valid at this date or time; default now.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="What is valid at this date or time; default now.")] = None,
    known_since: Annotated[
        str | None, typer.Option("--known-from", help="What the registry knew at this time; default now.")
    ] = None,
    known_until: Annotated[
        str | None, typer.Option("--known-to", help="What the registry knows at this time; default now.")
    ] = None,
    direction: Annotated[
        Direction, typer.Option(case_sensitive=False, help="Upstream is towards the sources, downstream to the users.")
    ] = Direction.DOWNSTREAM,
    level: Annotated[Level, typer.Option(case_sensitive=False, help="What the answer's nodes are.")] = Level.RESOURCE,
    depth: Annotated[int, typer.Option(help="How many steps to go (0 to 1,000).")] = 5,
    dependencies: Annotated[bool, typer.Option("--dependencies", help="Follow READS too, not only FEEDS.")] = False,
    max_nodes: Annotated[int, typer.Option(help="Nodes in each answer (1 to 10,000).")] = 500,
    max_per_node: Annotated[int, typer.Option(help="Neighbours followed from one node (1 to 10,000).")] = 100,
    max_milliseconds: Annotated[int, typer.Option(help="Time for each walk (1 to 60,000).")] = 5000,
    form: _Reported = Report.TABLE,
) -> None:
    """Tell what became of a lineage between two dates: what was added (+), closed (-) and altered (~), and why.

    What may just lie beyond what cut an answer is told as undecided (?).
    """
    from graph.walk import Budget
    from registry.commands.diff import Wanted
    from registry.commands.diff import diff as answer
    from registry.terminal import Format

    budget = Budget(max_nodes, max_per_node, max_milliseconds)
    moments = (since, until, known_since, known_until)
    answer(Wanted(ids, *moments, direction.value, level.value, depth, dependencies, budget), Format(form.value))


@app.command(epilog="Example: registry findings --within department:320900/市民政局 --order-by severity")
def findings(
    kinds: Annotated[
        list[Finding] | None,
        typer.Option("--kind", case_sensitive=False, help="Only this kind (repeatable); default all."),
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only in this jurisdiction, department, system, resource or field."),
    ] = None,
    severities: Annotated[
        list[Bad] | None, typer.Option("--severity", case_sensitive=False, help="Only what is so bad (repeatable).")
    ] = None,
    codes: Annotated[
        list[str] | None, typer.Option("--code", help="Only findings of imports with this code (repeatable).")
    ] = None,
    order_by: Annotated[
        FindingOrder, typer.Option(case_sensitive=False, help="What they are ordered by.")
    ] = FindingOrder.KIND,
    as_of: Annotated[str | None, typer.Option(help="What was valid at this date or time; default now.")] = None,
    quiet_days: Annotated[
        int, typer.Option(help="After how many days without an import a source is quiet (1 to 36,500).")
    ] = 90,
    first: Annotated[int | None, typer.Option(help="Rows to list (0 to 10,000); default 50.")] = None,
    form: Annotated[
        Table, typer.Option("--format", help="How to print the answer; csv, jsonl and xlsx have all of it.")
    ] = Table.TABLE,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write csv, jsonl or xlsx there.")] = None,
) -> None:
    """List what is broken or odd: missing sources, systems and agreements, what nobody registered, what is quiet."""
    from graph import finding_lists
    from graph.broken import FindingKind
    from graph.facts import Severity
    from graph.findings import AskedFindings
    from registry.commands.findings import Wanted
    from registry.commands.findings import findings as answer
    from registry.terminal import Format

    asked = AskedFindings(
        kinds=tuple(FindingKind(one.value) for one in kinds) if kinds else None,
        within=within,
        severities=tuple(Severity(one.value) for one in severities) if severities else None,
        codes=tuple(codes) if codes else None,
        order=finding_lists.FindingOrder(order_by.value),
        quiet_days=quiet_days,
    )
    answer(Wanted(asked, as_of, first, output), Format(form.value))


@app.command("import", epilog="Example: registry import catalogue.xlsx --jurisdiction jurisdiction:320900 --dry-run")
def import_(
    paths: Annotated[
        list[Path],
        # One that cannot be read is a finding, and the others are taken.
        typer.Argument(readable=False, help="Files, and folders of files; their content says what they are."),
    ],
    connector: Annotated[
        str | None,
        typer.Option("--as", metavar="CONNECTOR", help="Read them with this connector, whatever they look like."),
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose statements these are; default connector and file name.")
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(metavar="ID", help="Jurisdiction of departments whose code does not say it.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="The files say all that this source has: withdraw what it no longer states.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would change.")] = False,
    report: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Write all findings there too (.json or .xlsx; repeatable)."),
    ] = None,
    withdraw_share: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share that --full may withdraw without stopping; default 0.05."),
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Your own words beside the connector's (docs/catalogue.md)."),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Read them as tables by this mapping (registry mapping list)."),
    ] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Take what files state into the graph. The same files again change nothing.

    Works beside a running service. Ends with 1 when something was refused; the rest was taken.
    """
    from registry.commands.transfer import Wanted, import_files
    from registry.terminal import Format

    wanted = Wanted(paths, connector, source, jurisdiction, full, dry_run, report or (), withdraw_share, words, mapping)
    return import_files(wanted, Format(form.value))


@app.command(epilog="Example: registry template mine.xlsx --department department:320900/市民政局")
def template(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.xlsx", help="The workbook to write; it is replaced when it is whole.")
    ],
    kinds: Annotated[
        list[Filled] | None,
        typer.Option("--kind", case_sensitive=False, help="Which sheets it has (repeatable); default all."),
    ] = None,
    department: Annotated[
        str | None, typer.Option(metavar="ID", help="With the entries of this department, to be edited.")
    ] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Write a workbook to fill in, or one with a department's entries; `registry import` takes it again.

    It has lists to choose from, help at each column, and a sheet that checks what was filled in.
    """
    from registry.commands.template import template as write
    from registry.terminal import Format

    return write(file, [kind.value for kind in kinds or ()], department, Format(form.value))


mappings = typer.Typer(
    help="What the columns of tables become when they are imported.",
    epilog="Example: registry mapping suggest systems.xlsx",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(mappings, name="mapping")


@mappings.command("suggest", epilog="Example: registry mapping suggest systems.xlsx --save ours")
def suggest_mapping(
    file: Annotated[
        Path, typer.Argument(help="A workbook or a text file of separated values.", exists=True, dir_okay=False)
    ],
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="Only this sheet; default all.")] = None,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Save the best suggestion under this name.")] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Say what each column of a table seems to be, how sure that is, and what else it may be."""
    from registry.commands.mapping import suggest_mapping as suggest
    from registry.terminal import Format

    return suggest(file, sheet, save, Format(form.value))


@mappings.command("list", epilog="Example: registry mapping list")
def list_mappings(form: _Reported = Report.TABLE) -> int:
    """List the mappings that are saved, and those that are built in."""
    from registry.commands.mapping import list_mappings as show
    from registry.terminal import Format

    return show(Format(form.value))


@mappings.command("show", epilog="Example: registry mapping show demands > mappings/ours.toml")
def show_mapping(name: Annotated[str, typer.Argument(help="The name of a mapping.")]) -> int:
    """Print a mapping as TOML, to be edited and saved under another name."""
    from registry.commands.mapping import show_mapping as show

    return show(name)


@app.command(epilog="Example: registry export backup.jsonl")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it is replaced when it is whole.")],
    title: Annotated[str | None, typer.Option(help="Of a DCAT catalogue: how it is called.")] = None,
    base: Annotated[str | None, typer.Option(help="Of a DCAT catalogue: the address of its ids.")] = None,
    form: _Reported = Report.TABLE,
) -> int:
    """Write all current statements, each with its source, in the exchange format (FILE.jsonl).

    FILE.ttl, FILE.rdf and FILE.jsonld are the catalogue as DCAT-AP: departments, systems, resources, fields.
    """
    from registry.commands.transfer import export_dcat, export_file
    from registry.exporting.dcat import FORMS
    from registry.terminal import Format

    shown = Format(form.value)
    dcat = file.suffix.lower().removeprefix(".") in FORMS
    return export_dcat(file, title, base, shown) if dcat else export_file(file, shown)


@app.command(epilog="Example: registry doctor")
def doctor(form: _Reported = Report.TABLE) -> int:
    """Look whether everything is as it should be, and say what to do where it is not."""
    from registry.commands.doctor import doctor as show
    from registry.terminal import Format

    return show(Format(form.value))


@app.command(epilog="Example: registry schema > schema.graphql")
def schema(
    subgraph: Annotated[bool, typer.Option("--subgraph", help="With federation directives, for a gateway.")] = False,
) -> None:
    """Print the GraphQL schema."""
    from registry.terminal import print_text
    from resolvers.schema import make_schema
    from resolvers.sdl import schema_text, subgraph_text

    print_text((subgraph_text if subgraph else schema_text)(make_schema()))

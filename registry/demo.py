"""`registry demo`: what the registry does, with nothing set up, in a folder that is gone afterwards."""

import asyncio
import contextlib
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from graph.embedded import wait_until_ended
from graph.engine import Graph
from graph.lineage import Asked, Lineages
from graph.matching.proposals import Report
from graph.moment import Level
from graph.projection import Projection
from registry.commands.check import EXAMPLE, checked, print_report, proposal
from registry.commands.lineage import Wanted, ask
from registry.commands.opened import opened
from registry.commands.transfer import shown_progress
from registry.imports import ImportOptions, run_import
from registry.listening import CannotServe, bind, check_host
from registry.serve import serve_on
from registry.settings import Settings, load_settings
from registry.terminal import console
from registry.tree import print_tree

__all__ = ["SAMPLE", "demo"]

SAMPLE = Path(str(files("registry"))) / "sample" / "yancheng.jsonl"
MARK = "field:320900/市公安局/户籍人口基本信息/死亡标识"
_HOME = "jurisdiction:320900"
_DEPTH = 20
_USUAL_PORT = 8000

Record = dict[str, Any]


def demo(*, once: bool, host: str, port: int) -> None:
    """Import the sample into a new graph, ask it a question, and serve it unless `once`."""
    # Until the service takes the signals, a polite end is like Ctrl-C: the folder is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out = console()
    with contextlib.ExitStack() as stack:
        listening = None if once else stack.enter_context(contextlib.closing(_listening(host, port)))
        folder = stack.enter_context(_folder())
        given = _settings(folder)
        asyncio.run(_tell(given, out))
        if listening is not None:
            out.print()
            serve_on(listening, given, host, 1, out)


def _settings(folder: Path) -> Settings:
    """The user's settings, but for where the graph is: a demo must not touch a real one."""
    demonstrated = {"graph_url": None, "data": folder, "home": _HOME, "heap_mb": 512, "linger_seconds": 0.5}
    return load_settings().model_copy(update=demonstrated)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A temporary data folder; it is removed when its engine has ended."""
    with tempfile.TemporaryDirectory(prefix="registry-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "data"
        try:
            yield folder
        finally:
            wait_until_ended(folder)


def _listening(host: str, port: int) -> socket.socket:
    """The port that was asked for; if only the usual one is taken, any."""
    settings = load_settings()
    check_host(host, open=settings.open)
    try:
        return bind(host, port)
    except CannotServe:
        if port != _USUAL_PORT:
            raise
        return bind(host, 0)


async def _tell(given: Settings, out: Console) -> None:
    began = time.monotonic()
    with shown_progress() as step:
        async with opened(given) as graph:
            options = ImportOptions(source="sample", home=given.home, zone=given.zone, progress=step)
            with await run_import(graph, [SAMPLE], options) as report:
                counts = {kind: each.added for kind, each in report.counts.items()}
            fields, departments = await _answers(graph)
            proposed = await checked(graph, given, proposal(EXAMPLE.read_bytes(), EXAMPLE.name))
    _introduce(out, counts, time.monotonic() - began)
    wanted = Wanted([MARK], level="FIELD", depth=_DEPTH)
    title = f"registry lineage {MARK} --level field --depth {_DEPTH}"
    print_tree(out, fields, title, direction=wanted.direction, depth=wanted.depth)
    _conclude(out, fields, departments)
    _check(out, proposed)


async def _answers(graph: Graph) -> tuple[Record, Record]:
    """The same question at two levels: which fields, which departments."""
    lineages = Lineages(graph, Projection(graph, 0))
    fields = await ask(lineages, Asked([MARK], "DOWNSTREAM", Level.FIELD, _DEPTH))
    return fields, await ask(lineages, Asked([MARK], "DOWNSTREAM", Level.DEPARTMENT, _DEPTH))


def _introduce(out: Console, counts: dict[str, int], seconds: float) -> None:
    kinds = ("jurisdiction", "department", "system", "resource", "field", "feeds")
    held = ", ".join(f"{counts.get(kind, 0):,} {_plural(kind)}" for kind in kinds)
    out.print(Text("A made-up city: 盐城市, its counties, its province and the nation.", "bold"))
    out.print(Text(f"{held}; imported and asked in {seconds:.1f} s.\n"))
    out.print(
        Text(
            "The question: 盐城市公安局 notes in its population register that somebody has died (死亡标识).\n"
            "Where does that mark go, field by field?\n"
        )
    )


def _plural(kind: str) -> str:
    return {"feeds": "flows"}.get(kind, kind + "s")


def _conclude(out: Console, fields: Record, departments: Record) -> None:
    """What the answer says, in words; every number and name is taken from it."""
    told = [node["name"] for node in departments["nodes"] if node["depth"] > 0]
    places = {node["jurisdiction"]["name"] for node in fields["nodes"] if node["jurisdiction"]}
    vague = [node["name"] for node in fields["nodes"] if node["kind"] == "RESOURCE"]
    out.print()
    out.print(Text("What it says", "bold"))
    out.print(Text(f"• One field of one department reaches {len(told)} others in {len(places)} jurisdictions:"))
    out.print(Text(f"  {'、'.join(told)}."))
    out.print(Text("• It goes up to the nation and comes back, so a wrong mark stops a pension and an insurance here."))
    out.print(Text(f"• For {'、'.join(vague)} nobody said which field is used (`not field by field`)."))
    out.print(Text("• The same data, seen by department, is one option away: --level department."))


def _check(out: Console, report: Report) -> None:
    """What a planner sees who proposes a system."""
    out.print()
    out.print(
        Text(
            f"Another question: 盐城市教育局 proposes 「{report.proposal.name}」.\n"
            "Does it exist already, and who has its data?\n"
        )
    )
    print_report(out, report, most=4)

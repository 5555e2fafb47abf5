"""The findings of an import into the graph, where `findings` lists them beside what is broken."""

from collections.abc import Iterator

from connectors.protocol import shown
from graph import noted
from graph.engine import Graph
from registry.report import ImportReport

__all__ = ["keep_findings"]


async def keep_findings(graph: Graph, report: ImportReport) -> None:
    """Keep what a run found in each file, in the place of what was found there before.

    A full run says all that its sources have, so what was found in other files of theirs goes.
    """
    sources = {shown(read.path): read.source or "" for read in report.files}
    if report.full:
        await noted.forget(graph, {*sources.values()} - {""})
    await noted.keep(graph, _parts(report, sources))


def _parts(report: ImportReport, sources: dict[str, str]) -> Iterator[noted.About]:
    """What was found in each file; what is about none, or one that is no source, is told of the run's first source."""
    run = next(filter(None, sources.values()), "")
    seen = set()
    for file, found in report.findings.by_file():
        source = sources.get(file, run)
        seen.add((source, file))
        yield source, file, found
    left = [*((source, file) for file, source in sources.items()), *((source, "") for source in sources.values())]
    for source, file in dict.fromkeys(left):
        if (source, file) not in seen:
            yield source, file, ()

"""How filings are wired for a command: the rules, the calendar and the check that they stand under."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from graph.element_matching import ElementMatcher
from graph.engine import Graph
from graph.filing_check import by_checks
from graph.filing_rules import FilingRules
from graph.filings import Filings
from graph.impact import Impacts
from graph.matching.checks import Checks
from graph.projection import Projection
from registry.settings import Settings

__all__ = ["filing_desk"]


@asynccontextmanager
async def filing_desk(graph: Graph, given: Settings) -> AsyncIterator[Filings]:
    """The filings of a graph. What the end of a system touches is asked of the graph by statements."""
    rules = FilingRules(given.rule_profiles(), given.work_calendar().due, given.zone)
    checks = Checks(graph, ElementMatcher(graph))
    checker = by_checks(lambda: checks, rules)
    try:
        yield Filings(graph, rules, checker, cache(lambda: Impacts(graph, Projection(graph, 0))))
    finally:
        await checks.close()

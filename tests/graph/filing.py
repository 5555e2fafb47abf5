"""What filings need to be tried out: a calendar and a check that tests decide on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

from graph.changes import position
from graph.engine import Graph
from graph.filing_rules import FilingRules
from graph.filings import Filings
from graph.impact import Impacts
from graph.profiles import Profiles
from graph.projection import Projection
from graph.refusals import BadInput

CITY: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市"},
    {"fact": "department", "id": "department:320900/民政", "name": "市民政局", "jurisdiction": "jurisdiction:320900"},
    {"fact": "department", "id": "department:320900/发改", "name": "市发改委", "jurisdiction": "jurisdiction:320900"},
    {
        "fact": "system",
        "id": "system:320900/民政/低保",
        "name": "低保系统",
        "department": "department:320900/民政",
        "status": "LIVE",
    },
    {"fact": "system", "id": "system:320900/发改/信用", "name": "信用平台", "department": "department:320900/发改"},
    {"fact": "resource", "id": "resource:低保对象", "name": "低保对象", "system": "system:320900/民政/低保"},
]
MINZHENG, FAGAI = "department:320900/民政", "department:320900/发改"
DIBAO, XINYONG = "system:320900/民政/低保", "system:320900/发改/信用"
NEW = {"name": "救助平台", "department": MINZHENG, "functions": ["救助申请"], "duties": ["社会救助"]}


PROFILES = Profiles()
"""The profiles that are shipped: five working days for an opinion, twenty for the whole."""


def every_day(day: date, working_days: int) -> date:
    """A calendar in which all days are worked."""
    return day + timedelta(days=working_days)


def no_year(day: date, working_days: int) -> date:
    """A calendar in which no year is loaded."""
    raise BadInput(f"The work calendar does not have {day.year}")


@dataclass
class Check:
    """A check whose findings a test sets; `asked` are the proposals that it was given."""

    graph: Graph
    found: list[dict[str, Any]] = field(default_factory=list)
    verdict: str = "OVERLAP"
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    async def __call__(
        self, proposal: Mapping[str, Any], rules: str | None, besides: Sequence[str] = ()
    ) -> Mapping[str, Any]:
        """The report."""
        self.asked.append(proposal)
        where = await position(self.graph)
        return {
            "rules": f"{rules}@1",
            "sequence": where.sequence,
            "at": "2026-01-01T00:00:00Z",
            "proposal": dict(proposal),
            "verdict": self.verdict,
            "candidates": list(self.found),
            "inputs": {"asked": len(self.asked)},
        }


def candidate(id: str, over: str | None = "OVERLAP", score: float = 0.7) -> dict[str, Any]:
    """A candidate of a check."""
    return {"id": id, "kind": id.partition(":")[0], "name": id, "score": score, "over": over, "signals": []}


def filings_on(
    graph: Graph, found: Sequence[Mapping[str, Any]] = (), due: Callable[[date, int], date] = every_day
) -> tuple[Filings, Check]:
    """The filings of a graph, and the check that they ask."""
    check = Check(graph, [dict(one) for one in found], "OVERLAP" if found else "NONE")
    impacts = Impacts(graph, Projection(graph, 0))
    return Filings(graph, FilingRules(PROFILES, due, UTC), check, lambda: impacts), check

"""The options of `registry lineage` that say where the walk may go, and what is shown of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from registry.choices import Flow, ShareType

if TYPE_CHECKING:
    from graph.narrowing import LineageFilter

__all__ = [
    "Departments",
    "Elements",
    "Flows",
    "Jobs",
    "Jurisdictions",
    "ShareTypes",
    "ShowDepartments",
    "ShowElements",
    "ShowFlows",
    "ShowJobs",
    "ShowJurisdictions",
    "ShowShareTypes",
    "ShowSources",
    "ShowSystems",
    "Sources",
    "StopAt",
    "Systems",
    "Through",
    "lineage_filter",
]


Texts = list[str] | None
Shares = list[ShareType] | None
Links = list[Flow] | None

Departments = Annotated[Texts, typer.Option("--only-department", metavar="ID", help="Stay inside this department.")]
Systems = Annotated[Texts, typer.Option("--only-system", metavar="ID", help="Stay inside this system.")]
Jurisdictions = Annotated[
    Texts, typer.Option("--only-jurisdiction", metavar="ID", help="Stay inside this jurisdiction.")
]
ShareTypes = Annotated[Shares, typer.Option("--only-share-type", case_sensitive=False, help="Stay inside this type.")]
Elements = Annotated[Texts, typer.Option("--only-element", metavar="ID", help="Trace this data element only.")]
Flows = Annotated[Links, typer.Option("--only-flow", case_sensitive=False, help="Follow links of this kind only.")]
Jobs = Annotated[Texts, typer.Option("--only-job", metavar="NAME", help="Follow links with this job only.")]
Sources = Annotated[Texts, typer.Option("--only-source", metavar="NAME", help="Follow links of this source only.")]
StopAt = Annotated[Texts, typer.Option("--stop-at", metavar="ID", help="Show this, but do not go beyond it.")]
Through = Annotated[Texts, typer.Option("--through", metavar="ID", help="Go through this at no cost; do not show it.")]
ShowDepartments = Annotated[Texts, typer.Option("--show-department", metavar="ID", help="Of the answer, only its.")]
ShowSystems = Annotated[Texts, typer.Option("--show-system", metavar="ID", help="Of the answer, only its.")]
ShowJurisdictions = Annotated[Texts, typer.Option("--show-jurisdiction", metavar="ID", help="Of the answer, only its.")]
ShowShareTypes = Annotated[Shares, typer.Option("--show-share-type", case_sensitive=False, help="Only of this type.")]
ShowElements = Annotated[Texts, typer.Option("--show-element", metavar="ID", help="Only what carries this.")]
ShowFlows = Annotated[Links, typer.Option("--show-flow", case_sensitive=False, help="Only edges of this kind.")]
ShowJobs = Annotated[Texts, typer.Option("--show-job", metavar="NAME", help="Only edges with this job.")]
ShowSources = Annotated[Texts, typer.Option("--show-source", metavar="NAME", help="Only edges of this source.")]


def lineage_filter(
    only: Iterable[Sequence[str] | None], stop_at: Texts, through: Texts, show: Iterable[Sequence[str] | None]
) -> "LineageFilter":
    """What the options ask for; `only` and `show` in the order of `Conditions`."""
    from graph.narrowing import Conditions, LineageFilter

    inside, shown = (Conditions(*(tuple(map(str, one)) if one else None for one in each)) for each in (only, show))
    return LineageFilter(inside, tuple(stop_at or ()), tuple(through or ()), shown)

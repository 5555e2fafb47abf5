"""Flows that rows state: FEEDS from one field or resource to another, READS of a resource by a system."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.table_findings import TableReport
from connectors.table_named import Bodies, Cells
from connectors.table_targets import key_of
from connectors.table_values import Values
from graph.facts import LINK_KEYS, Kind, Link, Place, prefix_kind

__all__ = ["Links"]


class Links:
    """The links of the rows that were read since the last call of `taken`."""

    def __init__(self, bodies: Bodies, values: Values, report: TableReport, source: str | None) -> None:
        self._bodies = bodies
        self._words = values
        self._report = report
        self._source = source
        self._now: dict[tuple[Any, ...], Link] = {}

    def taken(self) -> Sequence[Link]:
        """The links, each once."""
        links = list(self._now.values())
        self._now.clear()
        return links

    def take(self, flow: str, cells: Cells, others: Mapping[str, str], place: Place) -> bool:
        """Take the flow that a row states; whether it states one."""
        if flow == "feeds":
            start, end = self._end("feeds.from", cells), self._end("feeds.to", cells)
        else:
            start, end = self._read(cells), self._bodies.named(Kind.SYSTEM, "reads.system", cells, {})
        if start is None or end is None:
            return False
        if flow == "feeds" and prefix_kind(start) is not prefix_kind(end):
            start, end = self._as_wholes(start, end, cells)
        values = self._values(flow, cells)
        extra = {header or "-": text for header, text in others.items()}
        link = Link(flow.upper(), start, end, values, place, self._source, extra)
        self._now[start, end, values.get("job"), values.get("valid_from")] = link
        return True

    def _values(self, flow: str, cells: Cells) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in LINK_KEYS[flow.upper()]:
            text = cells.text(flow, name)
            key = key_of(f"{flow}.{name}")
            if not text or key is None:
                continue
            value, wrong = self._words.value(f"{flow}.{name}", text, cells.columns.get(f"{flow}.{name}"))
            if wrong is not None:
                done = "it stays unknown"
                self._report.add("BAD_VALUE", cells.at(flow, name), wrong, done, text)
            if value is not None:
                values[name] = value
        return values

    def _end(self, path: str, cells: Cells) -> str | None:
        """The id of an end of a flow: a field if one is named, else the resource."""
        provider = self._bodies.provider(f"{path}.provider", cells)
        name = cells.text(path, "resource") or cells.text(path)
        field = cells.text(path, "field")
        if prefix_kind(field) is Kind.FIELD:
            return field
        if not name:
            return None
        known = self._bodies.resource(name, provider)
        if known is None:
            self._tell(path, name, cells)
        id = known.id if known is not None else self._bodies.built(provider, name)
        if not field:
            return id
        return self._bodies.field(id, field) or self._bodies.built(provider, id, field)

    def _read(self, cells: Cells) -> str | None:
        name = cells.text("reads.resource") or cells.text("reads.resource.name") or cells.text("reads.resource.code")
        if not name:
            return None
        provider = self._bodies.provider("reads.resource.provider", cells)
        known = self._bodies.resource(name, provider)
        if known is None:
            self._tell("reads.resource", name, cells)
        return known.id if known is not None else self._bodies.built(provider, name)

    def _as_wholes(self, start: str, end: str, cells: Cells) -> tuple[str, str]:
        """Where one end is a field and the other a resource, the flow is between the resources."""
        ends = []
        for path, id in (("feeds.from", start), ("feeds.to", end)):
            name = cells.text(path, "resource") or cells.text(path)
            if prefix_kind(id) is Kind.FIELD and name:
                provider = self._bodies.provider(f"{path}.provider", cells)
                known = self._bodies.resource(name, provider)
                id = known.id if known is not None else self._bodies.built(provider, name)
            ends.append(id)
        return ends[0], ends[1]

    def _tell(self, path: str, name: str, cells: Cells) -> None:
        place = cells.places.get(f"{path}.resource") or cells.at(path)
        message = "neither the file nor the registry has one resource of this name"
        self._report.add("END_NOT_KNOWN", place, message, "its id is built from its name", name)

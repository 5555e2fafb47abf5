"""What a picture of a lineage shows: boxes in groups, arrows between them, and what was asked and cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.lineage import Asked
from graph.narrowing import told as narrowed
from registry.pictures.texts import clean

__all__ = ["Arrow", "Box", "Drawing", "Group", "drawing"]

Record = Mapping[str, Any]

_WAYS_OUT = {
    "DEPTH": "more lies beyond depth {depth}",
    "NODES": "only the first {nodes:,} nodes",
    "FANOUT": "some nodes have more neighbours than are shown",
    "TIME": "the time was up",
    "PEER": "another registry did not answer in time",
}


@dataclass(frozen=True, slots=True)
class Box:
    """A node. `start` is what was asked for; `more` counts neighbours to which no arrow is drawn."""

    number: int
    id: str
    name: str
    kind: str
    depth: int
    whole: bool
    start: bool
    more: int


@dataclass(slots=True)
class Group:
    """A container: what it is, and what is drawn in it."""

    number: int
    id: str
    name: str
    kind: str
    groups: list["Group"] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def all_groups(self) -> Iterator["Group"]:
        """The groups in it, at any depth."""
        for group in self.groups:
            yield group
            yield from group.all_groups()

    def all_boxes(self) -> Iterator[Box]:
        """The boxes in it, at any depth."""
        yield from self.boxes
        for group in self.groups:
            yield from group.all_boxes()


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge between two boxes, by their numbers."""

    source: int
    target: int
    count: int
    reads: bool
    precise: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: `root` is a group that is not drawn itself; `cut` says what is missing, a line each."""

    title: str
    told: Sequence[str]
    cut: Sequence[str]
    root: Group
    arrows: Sequence[Arrow]

    @property
    def boxes(self) -> list[Box]:
        """All boxes by number."""
        return sorted(self.root.all_boxes(), key=lambda box: box.number)

    @property
    def description(self) -> str:
        """What the picture says, in words."""
        names = {box.number: box.name for box in self.root.all_boxes()}
        shown = [f"{names[arrow.source]} → {names[arrow.target]}" for arrow in self.arrows[:_TOLD]]
        more = len(self.arrows) - len(shown)
        return ". ".join([*self.told, *self.cut, *shown, *([f"and {more:,} more arrows"] if more else [])])


_TOLD = 50
"""Arrows that a description tells one by one."""


def drawing(record: Record, asked: Asked, times: Mapping[str, str]) -> Drawing:
    """The picture of an answer (as `lineage_record` gives it). `times` are told as they are, by what they are."""
    nodes: Sequence[Record] = record["nodes"]
    places = {node["id"]: place for place, node in enumerate(nodes)}
    asked_for = set(asked.ids)
    groups = _Groups()
    for place, node in enumerate(nodes):
        box = Box(
            number=place,
            id=node["id"],
            name=_shown(node),
            kind=node["kind"],
            depth=node["depth"],
            whole=node["whole"],
            start=node["depth"] == 0 or node["id"] in asked_for,
            more=node["more"],
        )
        groups.within(_containers(node, asked.level.name)).boxes.append(box)
    arrows = [
        Arrow(places[e["source"]], places[e["target"]], e["count"], e["flow"] == "READS", e["precise"])
        for e in record["edges"]
    ]
    names = _names(nodes)
    what = _first(asked.ids, names)
    kind = "dependencies" if asked.reads else "lineage"
    way = {"UPSTREAM": "where it comes from", "DOWNSTREAM": "who uses it", "BOTH": "both ways"}[asked.direction]
    return Drawing(
        f"{what}: {kind}, {way}", _told(record, asked, times, names), _cut(record, asked), groups.root, arrows
    )


_NAMED = 3
"""Things asked for that a title names."""


def _first(ids: Sequence[str], names: Mapping[str, str]) -> str:
    """The first of some things by name, and how many more there are."""
    more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
    return "、".join(names.get(id, id) for id in ids[:_NAMED]) + more


def _told(record: Record, asked: Asked, times: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    size = f"{len(record['nodes']):,} nodes, {len(record['edges']):,} edges"
    when = [f"{name} {text}" for name, text in times.items()]
    return [
        f"level {asked.level.name}, {size}, {'complete' if record['complete'] else 'NOT COMPLETE'}",
        ", ".join([*when, f"change {record['sequence']}", "viewer anonymous"]),
        *(f"{argument}: {_first(values, names)}" for argument, values in narrowed(asked.filter).items()),
    ]


def _cut(record: Record, asked: Asked) -> list[str]:
    words = {"depth": asked.depth, "nodes": len(record["nodes"])}
    return [f"✂ {stop}: {_WAYS_OUT[stop].format(**words)}" for stop in record["stoppedBy"]]


def _names(nodes: Sequence[Record]) -> dict[str, str]:
    """The names of nodes and of what contains them, which may have been asked for."""
    holders = [node[level] for node in nodes for level in ("resource", "system", "department", "jurisdiction")]
    return {one["id"]: one["name"] for one in (*filter(None, holders), *nodes)}


def _containers(node: Record, level: str) -> list[tuple[str, str, str]]:
    """What a node is drawn in, outermost first: kind, id and name."""
    kinds = ["department", "system", *(["resource"] if level == "FIELD" else [])]
    found = [(kind, node[kind]) for kind in kinds if node[kind]]
    # A resource among fields lies in its own frame; anything else is not its own container.
    return [(kind, one["id"], _shown(one)) for kind, one in found if kind == "resource" or one["id"] != node["id"]]


def _shown(thing: Record) -> str:
    """A name that can be seen, else the id."""
    return str(thing["name"] if clean(thing["name"]) else thing["id"])


class _Groups:
    """Groups as nodes are put into them."""

    def __init__(self) -> None:
        self.root = Group(0, "", "", "")
        self._by_path: dict[tuple[str, ...], Group] = {(): self.root}

    def within(self, containers: Sequence[tuple[str, str, str]]) -> Group:
        """The innermost group of some containers."""
        path: tuple[str, ...] = ()
        group = self.root
        for kind, id, name in containers:
            path = (*path, id)
            if path not in self._by_path:
                self._by_path[path] = Group(len(self._by_path), id, name, kind)
                group.groups.append(self._by_path[path])
            group = self._by_path[path]
        return group

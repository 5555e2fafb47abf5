"""A picture in DOT, the language of Graphviz, for people who draw it themselves; and the DOT that is laid out here."""

from collections.abc import Callable, Iterator

from registry.pictures.drawing import Arrow, Box, Drawing, Group
from registry.pictures.texts import clean, lines

__all__ = ["dot_text", "plain_dot", "quoted"]


def quoted(text: str) -> str:
    """A text as a DOT label: no escapes, entities or quotes of its own; lines stay lines."""
    kept = "\n".join(map(clean, text.split("\n")))
    escaped = kept.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;").replace("\n", "\\n")
    return f'"{escaped}"'


def dot_text(drawing: Drawing) -> str:
    """A picture with its words."""
    head = "\n".join([drawing.title, *drawing.told, *drawing.cut])
    font = 'fontname="sans-serif"'  # any list of fonts is Pango's own affair, and has crashed it
    whole = [
        "digraph lineage {",
        f'  graph [rankdir=LR, charset="utf-8", {font}, labelloc=t, labeljust=l, label={quoted(head)}];',
        f'  node [shape=box, style="rounded,filled", fillcolor="#ffffff", {font}];',
        f"  edge [{font}];",
        *_tree(drawing.root, "  ", _labelled, _titled),
        *(f"  n{arrow.source} -> n{arrow.target} [{_arrow(arrow)}];" for arrow in drawing.arrows),
        "}",
    ]
    return "\n".join(whole) + "\n"


def plain_dot(
    drawing: Drawing, box: Callable[[Box], tuple[float, float]], label: Callable[[Group], tuple[float, float]]
) -> str:
    """A picture without words but with their sizes in points, to be laid out: node n3, cluster_2, edge e7."""

    def sized(one: Box) -> str:
        wide, high = box(one)
        return f"width={wide / 72:.4f}, height={high / 72:.4f}"

    def framed(group: Group) -> str:
        wide, high = map(round, label(group))
        cells = 'BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE"'
        return f'label=<<TABLE {cells} WIDTH="{wide}" HEIGHT="{high}"><TR><TD></TD></TR></TABLE>>, labeljust=l'

    whole = [
        "digraph lineage {",
        "  graph [rankdir=LR, nodesep=0.2, ranksep=0.7];",
        '  node [shape=box, fixedsize=true, label=""];',
        *_tree(drawing.root, "  ", sized, framed),
        *(f"  n{arrow.source} -> n{arrow.target} [id=e{place}];" for place, arrow in enumerate(drawing.arrows)),
        "}",
    ]
    return "\n".join(whole)


def _tree(group: Group, indent: str, box: Callable[[Box], str], frame: Callable[[Group], str]) -> Iterator[str]:
    for one in group.boxes:
        yield f"{indent}n{one.number} [{box(one)}];"
    for inner in group.groups:
        yield f"{indent}subgraph cluster_{inner.number} {{"
        yield f"{indent}  graph [{frame(inner)}];"
        yield from _tree(inner, indent + "  ", box, frame)
        yield f"{indent}}}"


def _labelled(box: Box) -> str:
    words = lines(box.name, 16, 6)
    told = [f"label={quoted(chr(10).join([*words, *_marks(box)]))}", f"tooltip={quoted(f'{box.kind} {box.id}')}"]
    if box.start:
        told.append('fillcolor="#cfe2f3"')
    if box.more:
        told += ['style="rounded,filled,dashed"', 'color="#c00000"']
    return ", ".join(told)


def _marks(box: Box) -> list[str]:
    return [f"✂ {box.more:,} more"] if box.more else []


def _titled(group: Group) -> str:
    label, tip = quoted(chr(10).join(lines(group.name, 24, 3))), quoted(f"{group.kind} {group.id}")
    return f'label={label}, tooltip={tip}, style=rounded, color="#7f7f7f"'


def _arrow(arrow: Arrow) -> str:
    told = [f"tooltip={quoted(f'{arrow.count:,} links')}"]
    if arrow.reads:
        told += ['label="reads"', 'color="#7030a0"']
    if arrow.reads or not arrow.precise:
        told.append("style=dashed")
    return ", ".join(told)

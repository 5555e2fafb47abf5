"""A picture in Mermaid, for pages that draw it: wikis, issue trackers, Markdown."""

from collections.abc import Iterator

from graph.refusals import TooCostly
from registry.pictures.drawing import Arrow, Drawing, Group
from registry.pictures.texts import clean, lines

__all__ = ["mermaid_text"]

MOST_EDGES, MOST_CHARACTERS = 500, 50_000
"""What Mermaid draws unless the page says otherwise."""

_CODES = {letter: f"#{ord(letter)};" for letter in '#&"<>`\\{}[]()|;%*_~$'}
_TABLE = str.maketrans(_CODES)


def mermaid_text(drawing: Drawing) -> str:
    """A flowchart. Raises TooCostly where no page would draw it."""
    if len(drawing.arrows) > MOST_EDGES:
        raise TooCostly(
            f"The answer has {len(drawing.arrows):,} edges, and Mermaid draws at most {MOST_EDGES}; take svg or dot, a "
            "coarser level, or less depth"
        )
    whole = [
        "flowchart LR",
        f"  accTitle: {_plain(drawing.title)}",
        f"  accDescr: {_plain('. '.join([*drawing.told, *drawing.cut]))}",
        *_tree(drawing.root, "  "),
        *map(_arrow, drawing.arrows),
        *_notes(drawing),
        "  classDef start fill:#cfe2f3,stroke:#1f4e79",
        "  classDef cut stroke:#c00000,stroke-dasharray:5 3",
        *_classes(drawing),
    ]
    text = "\n".join(whole) + "\n"
    if len(text) > MOST_CHARACTERS:
        raise TooCostly(
            f"The picture has {len(text):,} characters, and Mermaid draws at most {MOST_CHARACTERS:,}; take svg or "
            "dot, a coarser level, or less depth"
        )
    return text


def _quoted(parts: list[str]) -> str:
    text = "<br/>".join(part.translate(_TABLE) for part in parts)
    return f'"{text or "?"}"'  # Mermaid takes no empty text


def _plain(text: str) -> str:
    """A text to the end of a line, in which nothing is a command."""
    return clean(text).translate(_TABLE)


def _tree(group: Group, indent: str) -> Iterator[str]:
    for box in group.boxes:
        words = lines(box.name, 16, 6)
        yield f"{indent}n{box.number}[{_quoted([*words, *([f'✂ {box.more:,} more'] if box.more else [])])}]"
    for inner in group.groups:
        yield f"{indent}subgraph g{inner.number}[{_quoted(lines(inner.name, 24, 3))}]"
        yield from _tree(inner, indent + "  ")
        yield f"{indent}end"


def _arrow(arrow: Arrow) -> str:
    line = "-. reads .->" if arrow.reads else "-->" if arrow.precise else "-.->"
    return f"  n{arrow.source} {line} n{arrow.target}"


def _notes(drawing: Drawing) -> Iterator[str]:
    """What is missing, as a box of its own: it has to be seen."""
    if drawing.cut:
        yield f"  cut[{_quoted(list(drawing.cut))}]:::cut"


def _classes(drawing: Drawing) -> Iterator[str]:
    for name, boxes in (
        ("start", [box for box in drawing.boxes if box.start]),
        ("cut", [box for box in drawing.boxes if box.more]),
    ):
        if boxes:
            yield f"  class {','.join(f'n{box.number}' for box in boxes)} {name}"

"""A picture as SVG: one file without scripts, styles or links, which every browser shows as it is."""

import asyncio
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from registry.exporting.cells import printable
from registry.pictures.drawing import Arrow, Box, Drawing, Group
from registry.pictures.layout import Frame, Layout, Point, check_size, lay_out
from registry.pictures.texts import FONTS, clean, is_known, lines, width

__all__ = ["svg_text"]

_LETTERS = 13.0
_SMALL = 11.0
_HEAD = 16.0
_LINE = 1.35
"""The height of a line, in times the size of its letters."""
_WIDEST_LABEL, _WIDEST_TITLE = 15.0, 22.0
"""How wide the lines of boxes and of frames are at most, in letters."""
_PAD = 9.0
_MARGIN = 24.0
_RED, _GREY, _BLUE, _VIOLET = "#c00000", "#595959", "#1f4e79", "#7030a0"
_FILLS = {"department": "#f7f7f7", "system": "#eef3f8", "resource": "#ffffff"}


async def svg_text(drawing: Drawing) -> bytes:
    """The picture. Raises TooCostly where it is too big."""
    check_size(drawing)
    layout = await lay_out(drawing, _size, _title_size)
    return await asyncio.to_thread(_written, drawing, layout)


def _label(box: Box) -> list[tuple[str, float, str]]:
    """The lines of a box: text, size of letters, colour."""
    told = [(line, _LETTERS, "#000000") for line in lines(box.name, _WIDEST_LABEL, 6)]
    told.append((box.kind.lower(), _SMALL, _GREY))
    if box.more:
        told.append((f"✂ {box.more:,} more", _SMALL, _RED))
    return told


def _size(box: Box) -> tuple[float, float]:
    told = _label(box)
    wide = max(width(text) * letters for text, letters, _ in told)
    return wide + 2 * _PAD, sum(letters * _LINE for _, letters, _ in told) + _PAD


def _title(group: Group) -> list[str]:
    return lines(group.name, _WIDEST_TITLE, 3)


def _title_size(group: Group) -> tuple[float, float]:
    told = _title(group)
    return max(map(width, told)) * _LETTERS + _PAD, len(told) * _LETTERS * _LINE + 4


def _written(drawing: Drawing, layout: Layout) -> bytes:
    head = list(_head(drawing))
    top = _MARGIN + sum(letters * _LINE for _, letters, _ in head) + _PAD
    wide = max(layout.size[0], *(width(text) * letters for text, letters, _ in head)) + 2 * _MARGIN
    high = top + layout.size[1] + _MARGIN
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": _number(wide),
            "height": _number(high),
            "viewBox": f"0 0 {_number(wide)} {_number(high)}",
            "role": "img",
            "aria-labelledby": "title description",
            "font-family": FONTS,
        },
    )
    SubElement(root, "title", {"id": "title"}).text = clean(drawing.title)
    SubElement(root, "desc", {"id": "description"}).text = clean(drawing.description)
    SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    _texts(SubElement(root, "g"), head, _MARGIN, _MARGIN, "start")
    inner = SubElement(root, "g", {"transform": f"translate({_number(_MARGIN)} {_number(top)})"})
    for group in drawing.root.all_groups():
        _frame(inner, group, layout.frames[group.number])
    for arrow, (points, tip) in zip(drawing.arrows, layout.arrows, strict=True):
        _arrow(inner, arrow, points, tip)
    for box in drawing.boxes:
        _box(inner, box, layout.boxes[box.number])
    text: bytes = tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text + b"\n"


def _head(drawing: Drawing) -> Iterator[tuple[str, float, str]]:
    yield from ((line, _HEAD, "#000000") for line in lines(drawing.title, 50, 3))
    yield from ((clean(line), _SMALL, _GREY) for line in drawing.told)
    yield from ((clean(line), _LETTERS, _RED) for line in drawing.cut)


def _frame(parent: Element, group: Group, frame: Frame) -> None:
    (x, y), (far_x, far_y) = frame.corner, frame.far
    g = SubElement(parent, "g")
    SubElement(g, "title").text = printable(f"{group.kind} {group.name} {group.id}")
    fill = _FILLS.get(group.kind, "none")
    place = {"x": _number(x), "y": _number(y), "width": _number(far_x - x), "height": _number(far_y - y)}
    SubElement(g, "rect", {**place, "rx": "6", "fill": fill, "stroke": "#a6a6a6"})
    told = [(line, _LETTERS, _BLUE) for line in _title(group)]
    wide, high = _title_size(group)
    _texts(g, told, frame.label[0] - wide / 2 + _PAD / 2, frame.label[1] - high / 2, "start")


def _box(parent: Element, box: Box, middle: Point) -> None:
    wide, high = _size(box)
    g = SubElement(parent, "g")
    SubElement(g, "title").text = printable(f"{box.name}\n{box.kind} {box.id}\ndepth {box.depth}")
    place = {
        "x": _number(middle[0] - wide / 2),
        "y": _number(middle[1] - high / 2),
        "width": _number(wide),
        "height": _number(high),
    }
    look = {"rx": "4", "fill": "#cfe2f3" if box.start else "#ffffff", "stroke": _RED if box.more else _BLUE}
    SubElement(g, "rect", {**place, **look, **({"stroke-dasharray": "5 3"} if box.more else {})})
    _texts(g, _label(box), middle[0], middle[1] - high / 2 + _PAD / 2, "middle")


def _texts(parent: Element, told: Sequence[tuple[str, float, str]], x: float, y: float, anchor: str) -> None:
    """Lines one below the other, from the upper edge `y` on."""
    for text, letters, colour in told:
        y += letters * _LINE
        look = {"x": _number(x), "y": _number(y - letters * 0.35), "font-size": _number(letters), "fill": colour}
        if not is_known(text):
            look |= {"textLength": _number(width(text) * letters), "lengthAdjust": "spacingAndGlyphs"}
        SubElement(parent, "text", {**look, "text-anchor": anchor}).text = text


def _arrow(parent: Element, arrow: Arrow, points: Sequence[Point], tip: Point) -> None:
    colour = _VIOLET if arrow.reads else _GREY
    g = SubElement(parent, "g", {"stroke": colour, "fill": "none"})
    told = "reads" if arrow.reads else "feeds" if arrow.precise else "feeds, not field by field"
    SubElement(g, "title").text = f"{told}, {arrow.count:,} links"
    first, *rest = (f"{_number(x)} {_number(y)}" for x, y in points)
    look = {"stroke-dasharray": "6 3"} if arrow.reads or not arrow.precise else {}
    SubElement(g, "path", {"d": f"M{first}C{' '.join(rest)}", **look})
    SubElement(g, "polygon", {"points": _head_of(points[-1], tip), "fill": colour})


def _head_of(end: Point, tip: Point) -> str:
    """The triangle from the end of a line to its tip."""
    x, y = tip[0] - end[0], tip[1] - end[1]
    across = (-y * 0.32, x * 0.32)
    corners = (tip, (end[0] + across[0], end[1] + across[1]), (end[0] - across[0], end[1] - across[1]))
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in corners)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

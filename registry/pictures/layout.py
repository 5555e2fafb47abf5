"""Where everything lies in a picture: Graphviz lays it out from left to right, within a time."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from graph.refusals import TooCostly
from registry.pictures.dot import plain_dot
from registry.pictures.drawing import Box, Drawing, Group

__all__ = ["MOST_ARROWS", "MOST_BOXES", "Frame", "Layout", "check_size", "lay_out"]

MOST_BOXES = 1_000
MOST_ARROWS = 3_000
_SECONDS = 20

Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A group's frame, from its upper left to its lower right corner, and the middle of its label."""

    corner: Point
    far: Point
    label: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in points from the upper left corner: the middles of boxes, and frames, by their numbers.

    Of each arrow the points of its Bézier curve, and its tip.
    """

    size: Size
    boxes: Mapping[int, Point]
    frames: Mapping[int, Frame]
    arrows: Sequence[tuple[Sequence[Point], Point]]


def check_size(drawing: Drawing) -> None:
    """Refuse what nobody could read. Raises TooCostly."""
    boxes, arrows = len(drawing.boxes), len(drawing.arrows)
    if boxes > MOST_BOXES or arrows > MOST_ARROWS:
        raise TooCostly(
            f"The answer has {boxes:,} nodes and {arrows:,} edges, and a picture at most {MOST_BOXES:,} and "
            f"{MOST_ARROWS:,}; take a coarser level, less depth, a smaller budget.maxNodes, or a table (csv, xlsx)"
        )


async def lay_out(drawing: Drawing, box: Callable[[Box], Size], label: Callable[[Group], Size]) -> Layout:
    """Lay out boxes and labels of these sizes. Raises TooCostly where it takes too long."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "registry.pictures.lay",
        str(2 * _SECONDS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate(plain_dot(drawing, box, label).encode())
    except TimeoutError:
        raise TooCostly(
            f"The picture was not laid out within {_SECONDS} s; take a coarser level, less depth, or a table (csv)"
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"Graphviz ended with {process.returncode}: {err.decode(errors='replace')[-2000:]}")
    return _read(orjson.loads(out), len(drawing.arrows))


def _read(told: Mapping[str, Any], arrows: int) -> Layout:
    left, bottom, right, top = _numbers(told["bb"])

    def turned(x: float, y: float) -> Point:
        return x - left, top - y  # Graphviz counts from below

    boxes, frames, lines = {}, {}, {}
    for one in told.get("objects", ()):
        name: str = one["name"]
        if name.startswith("cluster_"):
            x0, y0, x1, y1 = _numbers(one["bb"])
            label = _numbers(one["lp"])
            frames[int(name[8:])] = Frame(turned(x0, y1), turned(x1, y0), turned(*label))
        elif name.startswith("n"):
            boxes[int(name[1:])] = turned(*_numbers(one["pos"]))
    for one in told.get("edges", ()):
        end, *points = one["pos"].split(" ")
        tip = turned(*_numbers(end[2:]))
        lines[int(one["id"][1:])] = [turned(*_numbers(point)) for point in points], tip
    return Layout((right - left, top - bottom), boxes, frames, [lines[place] for place in range(arrows)])


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split(",")))

"""Work that is written as a generator: it yields when it turns out long, and then goes on beside everything else."""

import asyncio
from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")


async def worked_out(run: Generator[Any, None, T]) -> T:
    """What is short at once, what turns out long beside whatever else is going on."""
    try:
        next(run)
    except StopIteration as end:
        found: T = end.value
        return found
    return await asyncio.to_thread(ended, run)


def ended(run: Generator[Any, None, T]) -> T:
    """What comes out in the end."""
    try:
        while True:
            next(run)
    except StopIteration as end:
        found: T = end.value
        return found

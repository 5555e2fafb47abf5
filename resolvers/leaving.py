"""Nobody is answered who has gone away: what is done for him is ended.

answer = await while_there(receive, work)    # raises Gone
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")

LOOKED_AFTER = 0.2
"""Seconds that work takes before anybody looks whether the client is there: most of it is done by then."""


class Gone(Exception):
    """The client has closed the connection."""


async def while_there(receive: Receive, work: Awaitable[T], after: float = LOOKED_AFTER) -> T:
    """What work comes to; `receive` is that of a request of which nothing more is to come. Raises Gone."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    looking: list[asyncio.Task[None]] = []
    gone = False

    async def look() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    timer = loop.call_later(after, lambda: looking.append(loop.create_task(look())))
    try:
        return await work
    except asyncio.CancelledError:
        if not gone or task.uncancel():
            raise
        raise Gone from None
    finally:
        timer.cancel()
        for one in looking:
            one.cancel()

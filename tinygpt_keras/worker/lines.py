"""The lines of a stream, however long they are."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


async def lines_of(stream: asyncio.StreamReader) -> AsyncIterator[bytes | None]:
    """Yield the lines of a stream; `None` once in the place of one that is longer than the stream's limit."""
    skipping = False
    with contextlib.suppress(asyncio.IncompleteReadError):  # the end
        while True:
            try:
                line = await stream.readuntil()
            except asyncio.LimitOverrunError as error:
                await stream.readexactly(error.consumed)
                if not skipping:
                    yield None
                skipping = True
                continue
            if not skipping:
                yield line
            skipping = False

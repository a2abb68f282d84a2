"""Waiting for a condition, with a deadline."""

import asyncio
import time

# Two shared cores can be busy; a deadline only limits a failure, a success never waits for it.
DEADLINE_S = 20.0
_STEP_S = 0.02


class DeadlineExceeded(AssertionError):
    """The condition did not become true in time."""


async def until(condition, what, deadline=DEADLINE_S):
    """Returns the first truthy value of `condition()`; fails with `what` when the deadline passes."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise DeadlineExceeded(f"not within {deadline:g} s: {what}")
        await asyncio.sleep(_STEP_S)


async def settled(connection):
    """Waits until the server has processed all publishes and subscriptions, and its messages for this connection have arrived.

    nats-py writes the PING of a flush past what is still to be written; by its answer that is written, and the answer
    to a second one comes after it.
    """
    await connection.flush()
    await connection.flush()

"""An operator that uses the platform's API with nats-py, as plsctl does."""

import asyncio
import json
import time

import nats
import nats.errors

from .waiting import DEADLINE_S, settled

FINAL = {"completed", "failed", "rejected", "expired", "cancelled", "unknown"}


class APIFailure(AssertionError):
    """The platform answered with an error."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error}")
        self.code = error["code"]
        self.message = error.get("message", "")


class Operator:
    """One connection of an operator, and the ends of its commands."""

    def __init__(self, name, token):
        self.name, self.token = name, token
        self.urls = None
        self.connection = None
        self.done = {}
        self._connecting = asyncio.Lock()

    async def connect(self, urls):
        self.urls = urls
        async def error(reason):
            # Outages are what these tests are about; what matters is asserted by them.
            del reason
        self.connection = await nats.connect(
            servers=urls, user=self.name, password=self.token, inbox_prefix=f"_INBOX_{self.name}".encode(),
            name="acceptance operator", max_reconnect_attempts=-1, reconnect_time_wait=0.05, connect_timeout=3,
            error_cb=error)

        async def ended(message):
            view = json.loads(message.data)
            self.done.setdefault(view["id"], []).append((time.monotonic(), view))
        await self.connection.subscribe(f"pls.done.{self.name}.*", cb=ended)
        await settled(self.connection)
        return self

    async def close(self):
        if self.connection is not None:
            await self.connection.close()

    async def connected(self):
        """Reconnects if the client has given up: nats-py closes permanently when a server refuses it, as a server does without an
        answer to its callout while no instance of the platform is connected."""
        async with self._connecting:
            if self.connection.is_closed:
                await self.connect(self.urls)

    async def once(self, method, timeout=5.0, **params):
        """Sends a request once; raises the error of nats-py without an answer."""
        await self.connected()
        reply = await self.connection.request(
            f"pls.api.{self.name}.{method}", json.dumps(params).encode(), timeout=timeout)
        answer = json.loads(reply.data)
        if not answer["ok"]:
            raise APIFailure(method, answer["error"])
        return answer.get("result")

    async def call(self, method, deadline=DEADLINE_S, **params):
        """Repeats a request until the platform answers: only for repeatable requests."""
        end = time.monotonic() + deadline
        while True:
            try:
                return await self.once(method, **params)
            except (nats.errors.Error, asyncio.TimeoutError):
                if time.monotonic() > end:
                    raise
            except APIFailure as failure:
                if failure.code not in ("unavailable", "busy") or time.monotonic() > end:
                    raise
            await asyncio.sleep(0.1)

    async def agents(self, **params):
        """The whole list, by uuid."""
        found, after = {}, None
        while True:
            page = await self.call("agents.list", **params, **({"after": after} if after else {}))
            found.update({agent["uuid"]: agent for agent in page["agents"]})
            after = page.get("next")
            if not after:
                return found

    async def alive(self, *agents, deadline=60.0):
        """Waits until the platform shows these agents as alive: it batches their events for a moment."""
        end = time.monotonic() + deadline
        while True:
            known = await self.agents()
            missing = [uuid for uuid in agents if not known[uuid]["is_alive"] or known[uuid].get("cpu_pct") is None]
            if not missing:
                return known
            assert time.monotonic() < end, f"not alive: {missing}"
            await asyncio.sleep(0.1)

    async def ended(self, command_id, deadline=DEADLINE_S):
        """The command in its final state."""
        end = time.monotonic() + deadline
        while True:
            view = await self.call("commands.show", id=command_id)
            if view["state"] in FINAL:
                return view
            assert time.monotonic() < end, f"not within {deadline:g} s: the end of {view}"
            await asyncio.sleep(0.1)

    async def run(self, agent, operation, deadline=DEADLINE_S, **params):
        """Submits a command. Returns it in its final state."""
        view = await self.call("commands.submit", agent=agent, operation=operation, params=params)
        return await self.ended(view["id"], deadline)

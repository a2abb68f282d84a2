"""A platform: an independent client that sends commands, and keeps and validates every message of the agent."""

import asyncio
import json
import time
import uuid

import nats

from . import schemas
from .server import PLATFORM_PASSWORD, PLATFORM_USER
from .waiting import DEADLINE_S, settled, until

# Absent params; None is JSON's null.
ABSENT = object()

# Operations whose failed result has the output of a completed one.
_FAILED_HAS_OUTPUT = {"exec", "services.start", "services.stop", "services.restart", "services.reload", "services.enable",
                      "services.disable"}


class Event:
    """One envelope, with the time and subject of its arrival."""

    def __init__(self, subject, envelope):
        self.subject = subject
        self.envelope = envelope
        self.arrived = time.monotonic()

    @property
    def type(self):
        return self.envelope["type"]

    @property
    def payload(self):
        return self.envelope["payload"]


class Platform:
    """One connection of the platform."""

    def __init__(self, agent_uuid):
        self.agent_uuid = agent_uuid
        self.connection = None
        self.events = []
        self.violations = []
        self._operations = {}
        self._inbox = None
        self._replies = {}
        self.stray_replies = []

    async def connect(self, server, **options):
        async def error(reason):
            # Outages are what these tests are about; what matters is asserted by them.
            del reason
        self.connection = await nats.connect(
            servers=[server] if isinstance(server, str) else server, user=PLATFORM_USER, password=PLATFORM_PASSWORD,
            name="acceptance platform", max_reconnect_attempts=-1, reconnect_time_wait=0.02, connect_timeout=5,
            allow_reconnect=True, error_cb=error, **options)
        self._inbox = self.connection.new_inbox()
        await self.connection.subscribe(f"agent.vm.{self.agent_uuid}.evt", cb=self._event)
        await self.connection.subscribe(f"vm.{self.agent_uuid}.telemetry", cb=self._event)
        await self.connection.subscribe(self._inbox + ".*", cb=self._reply)
        await settled(self.connection)
        return self

    async def close(self):
        if self.connection is not None:
            await self.connection.close()

    def _checked(self, data):
        try:
            envelope = schemas.decode(data)
        except ValueError as error:
            self.violations.append(f"no JSON: {error}: {data[:200]!r}")
            return None
        self.violations += schemas.problems("envelope.json", envelope)
        if envelope.get("agent_uuid") != self.agent_uuid:
            self.violations.append(f"agent_uuid {envelope.get('agent_uuid')!r}")
        if envelope.get("type") == "result":
            self._check_result(envelope["payload"])
        return envelope

    def _check_result(self, result):
        operation = self._operations.get(result["command_id"])
        output = result.get("output")
        if operation is None or output is None:
            return
        if result["status"] == "completed" or operation in _FAILED_HAS_OUTPUT:
            self.violations += schemas.problems(f"operations/{operation}.json", output)

    async def _event(self, message):
        envelope = self._checked(message.data)
        if envelope is not None:
            self.events.append(Event(message.subject, envelope))

    async def _reply(self, message):
        waiting = self._replies.pop(message.subject, None)
        if waiting is None:
            self.stray_replies.append(message)
        elif (message.headers or {}).get("Status") == "503":
            waiting.set_exception(AssertionError("no subscriber on the agent's command subject"))
        else:
            envelope = self._checked(message.data)
            if not waiting.done():
                waiting.set_result((envelope, message))

    # Received messages

    def all(self, kind, since=0):
        """The events of a type on the evt subject, from position `since` on."""
        return [event for event in self.events[since:]
                if event.type == kind and event.subject.endswith(".evt")]

    def telemetry_for_clients(self, since=0):
        """The copies on vm.{uuid}.telemetry."""
        return [event for event in self.events[since:] if event.subject.startswith("vm.")]

    @property
    def position(self):
        return len(self.events)

    async def next(self, kind, since=0, count=1, deadline=DEADLINE_S):
        """The `count`-th event of a type from position `since` on."""
        found = await until(lambda: self.all(kind, since)[count - 1:], f"{count} × {kind} from the agent", deadline)
        return found[0]

    async def alerted(self, code, object_id, since=0, deadline=DEADLINE_S):
        """The first alert with that code on that object from position `since` on."""
        def search():
            return [event for event in self.all("alert", since)
                    if (event.payload["code"], event.payload["object_id"]) == (code, object_id)]
        return (await until(search, f"alert {code} on {object_id}", deadline))[0]

    # Commands

    def envelope(self, operation, params=ABSENT, *, command_id=None, reply_to=None, extra=None, **fields):
        content = {"operation": operation}
        if params is not ABSENT:
            content["params"] = params
        content.update(extra or {})
        envelope = {
            "v": 1, "id": command_id or str(uuid.uuid4()), "type": "command", "agent_type": "vm",
            "agent_uuid": self.agent_uuid, "timestamp": int(time.time()), "payload": content,
        }
        if reply_to:
            envelope["reply_to"] = reply_to
        # Changes of a test, including the whole payload.
        envelope.update(fields)
        return envelope

    async def publish(self, envelope, reply=None):
        data = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        await self.connection.publish(f"agent.vm.{self.agent_uuid}.cmd", data, reply=reply or "")

    async def send(self, operation, params=ABSENT, *, command_id=None, **payload):
        """Sends a command that is answered to an inbox. Returns its id and a future of (envelope, message)."""
        # The inbox is also the message's NATS reply, because the agent's permissions depend on that.
        inbox = f"{self._inbox}.{uuid.uuid4().hex}"
        envelope = self.envelope(operation, params, command_id=command_id, reply_to=inbox, extra=payload)
        schemas.check("command-envelope.json", envelope)
        self._operations[envelope["id"]] = operation
        answer = asyncio.get_running_loop().create_future()
        self._replies[inbox] = answer
        await self.publish(envelope, reply=inbox)
        return envelope["id"], answer

    async def command(self, operation, params=ABSENT, *, deadline=DEADLINE_S, expect=None, **options):
        """Sends a command. Returns its result."""
        command_id, answer = await self.send(operation, params, **options)
        envelope, _ = await asyncio.wait_for(answer, deadline)
        result = envelope["payload"]
        assert result["command_id"] == command_id
        if expect is not None:
            assert result["status"] == expect, result
        return result

    async def output(self, operation, params=ABSENT, **options):
        """Sends a command that has to complete. Returns its output."""
        result = await self.command(operation, params, expect="completed", **options)
        return result.get("output")

    async def answers(self, deadline=10):
        """Waits until the agent answers: its interest takes a moment to reach the server, or the other servers."""
        end = time.monotonic() + deadline
        while True:
            try:
                return await self.output("system.memory")
            except AssertionError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.02)

    async def command_to_events(self, operation, params=ABSENT, *, deadline=DEADLINE_S, **fields):
        """Sends a command without reply_to; its result has to arrive on the evt subject."""
        since = self.position
        envelope = self.envelope(operation, params, **fields)
        self._operations[envelope["id"]] = operation
        await self.publish(envelope)

        def mine():
            return [event for event in self.all("result", since) if event.payload["command_id"] == envelope["id"]]
        found = await until(mine, f"result of {operation} on the evt subject", deadline)
        return found[0].payload

"""Attempts with an agent's credentials, and the server's answers."""

import asyncio

from .waiting import settled, until

OTHER = "bbbbbbbb-2222-4222-8222-222222222222"

# In subjects, {own} is the agent's uuid, {other} that of another enrolled agent.
MAY_PUBLISH = [
    "agent.vm.{own}.evt",
    "vm.{own}.telemetry",
]
MAY_NOT_PUBLISH = [
    # Its own subjects, in the wrong direction.
    "agent.vm.{own}.cmd",
    "agent.vm.{own}.evt.more",
    "agent.vm.{OWN}.evt",
    "vm.{own}.telemetry.more",
    # Subjects of other agents.
    "agent.vm.{other}.evt",
    "agent.vm.{other}.cmd",
    "vm.{other}.telemetry",
    # Wildcards.
    "agent.vm.*.evt",
    "agent.vm.>",
    ">",
    # JetStream, its buckets, its acknowledgements.
    "$JS.API.INFO",
    "$JS.API.STREAM.DELETE.VM_TELEMETRY",
    "$JS.API.STREAM.MSG.GET.AGENT_COMMANDS",
    "$JS.API.DIRECT.GET.AGENT_COMMANDS.agent.vm.{other}.cmd",
    "$JS.API.CONSUMER.CREATE.AGENT_COMMANDS",
    "$JS.ACK.AGENT_EVENTS.pls-fleet.1.1.1.1.0",
    "$KV.pls-agents.{other}",
    "$KV.pls-operators.admin",
    # The system account.
    "$SYS.REQ.USER.AUTH",
    "$SYS.REQ.SERVER.PING.CONNZ",
    # The platform.
    "pls.api.admin.agents.list",
    "pls.api.{own}.agents.list",
    "pls.audit.admin",
    "pls.record.entry.admin",
    "pls.record.STREAM.INFO.PLS_AUDIT",
    "pls.done.admin.x",
    "pls.results.{own}.a-command-that-was-not-sent.1",
    "pls.results.{other}.a-command-that-was-not-sent.1",
    # Inboxes of other users.
    "_INBOX.abc.def",
    "_INBOX_admin.abc",
]
MAY_SUBSCRIBE = ["agent.vm.{own}.cmd"]
MAY_NOT_SUBSCRIBE = [
    "agent.vm.{other}.cmd",
    "agent.vm.*.cmd",
    "agent.vm.{own}.>",
    "agent.vm.{own}.evt",
    "vm.*.telemetry",
    ">",
    "_INBOX.>",
    "$JS.>",
    "$KV.>",
    "$SYS.>",
    "pls.>",
]
# Subject of JetStream's acknowledgement of a captured publish if the agent sets it as the reply.
REPLY_SUBJECTS = ["agent.vm.{other}.cmd", "$KV.pls-agents.{other}", "pls.api.admin.enrolments.create"]


class Row:
    """One attempt and its outcome."""

    def __init__(self, what, allowed, error, effect):
        self.what, self.allowed, self.error, self.effect = what, allowed, error, effect

    @property
    def right(self):
        """Whether the outcome is the intended one: an effect if allowed, else an error without an effect."""
        if self.allowed:
            return self.error is None and self.effect
        return self.error is not None and "Permissions Violation" in self.error and not self.effect

    def __str__(self):
        answer = "allowed" if self.error is None else self.error
        return f"{'  ' if self.right else '! '}{self.what:<72} {answer}{'' if not self.effect else ', and it arrived'}"


class Attempts:
    """Makes all attempts with the credentials of one agent; `watcher` is a client that may read all subjects of the account."""

    def __init__(self, wire, own, other, watcher):
        self.wire, self.own, self.other, self.watcher = wire, own, other, watcher
        self.rows = []
        self._seen = []
        self._count = 0

    def _subject(self, pattern):
        return pattern.format(own=self.own, OWN=self.own.upper(), other=self.other)

    async def _settled(self):
        """Waits until the watcher has all messages that the server accepted before: its own message is the last one."""
        self._count += 1
        mark = f"settled-{self._count}"
        await self.watcher.publish("attempts.settled", mark.encode())
        await until(lambda: any(mark == data for _, data in self._seen), "the watcher's own message")

    async def _arrived(self, mark):
        await self._settled()
        return any(mark in data for _, data in self._seen)

    async def _publish(self, pattern, allowed):
        subject = self._subject(pattern)
        self._count += 1
        mark = f"attempt-{self._count}-of-{self.own}"
        error = await self.wire.publish(subject, mark)
        arrived = await self._arrived(mark)
        self.rows.append(Row(f"publish {pattern}", allowed, error, arrived))

    async def _subscribe(self, pattern, allowed, queue=None):
        subject = self._subject(pattern)
        error = await self.wire.subscribe(subject, queue)
        # A message for such a subscription.
        probe = subject.replace("*", self.other).replace(">", "probe")
        self._count += 1
        mark = f"attempt-{self._count}-of-{self.own}"
        if not subject.startswith("$"):
            await self.watcher.publish(probe, mark.encode())
            # A flush of nats-py may overtake earlier messages.
            await self._settled()
            await self.wire.flush()
        got = any(mark == data.decode(errors="replace") for _, _, data in self.wire.messages)
        self.rows.append(Row(f"subscribe {pattern}{' as queue ' + queue if queue else ''}", allowed, error, got))

    async def _replies(self):
        """Checks that it may answer a message that it received, once."""
        async def answered(message):
            self._seen.append((message.subject, message.data.decode(errors="replace")))
        inbox = self.watcher.new_inbox()
        await self.watcher.subscribe(inbox, cb=answered)
        await settled(self.watcher)
        await self.watcher.publish(f"agent.vm.{self.own}.cmd", b"question", reply=inbox)
        await self._settled()
        await self.wire.flush()
        assert any(reply == inbox for _, reply, _ in self.wire.messages), "the command did not come"
        for count, allowed in ((1, True), (2, False)):
            mark = f"answer-{count}-of-{self.own}"
            error = await self.wire.publish(inbox, mark)
            self.rows.append(
                Row(f"publish the reply subject of a command, time {count}", allowed, error, await self._arrived(mark)))

    async def _acknowledgements(self):
        """Checks that an agent cannot choose the subject of an acknowledgement, which would be a message in the server's name."""
        for pattern in REPLY_SUBJECTS:
            subject = self._subject(pattern)
            before = len(self._seen)
            error = await self.wire.publish(self._subject("agent.vm.{own}.evt"), "with a reply", reply=subject)
            await asyncio.sleep(0.2)
            await self._settled()
            sent = [data for where, data in self._seen[before:] if where == subject]
            # The publish is permitted; a message on the chosen subject is not.
            row = Row(f"publish agent.vm.{{own}}.evt, reply to {pattern}", True, error, True)
            row.effect = not sent
            if sent:
                row.error = f"the server sent {sent[0]!r} there"
            self.rows.append(row)

    async def _headers(self):
        """Checks the header by which a publisher makes a stream discard its messages."""
        async def kept():
            return (await self.watcher.jetstream().stream_info("AGENT_EVENTS")).state.messages
        before = await kept()
        error = await self.wire.publish(self._subject("agent.vm.{own}.evt"), "rollup", header="Nats-Rollup: all")
        await asyncio.sleep(0.1)
        lost = before - await kept()
        row = Row("publish agent.vm.{own}.evt with Nats-Rollup: all", True, error, lost <= 0)
        if lost > 0:
            row.error = f"the stream lost {lost} messages"
        self.rows.append(row)

    async def run(self):
        async def see(message):
            self._seen.append((message.subject, message.data.decode(errors="replace")))
        await self.watcher.subscribe(">", cb=see)
        await self.watcher.subscribe("$KV.>", cb=see)
        await settled(self.watcher)
        for patterns, allowed in ((MAY_PUBLISH, True), (MAY_NOT_PUBLISH, False)):
            for pattern in patterns:
                await self._publish(pattern, allowed)
        for pattern in MAY_SUBSCRIBE:
            await self._subscribe(pattern, True)
        for pattern in MAY_NOT_SUBSCRIBE:
            await self._subscribe(pattern, False)
        await self._replies()
        await self._acknowledgements()
        await self._headers()
        return self.rows

"""Commands with effects while agent and server are killed repeatedly: each takes effect at most once and has one result."""

import asyncio
import json
import os
import pathlib
import random
import uuid

import nats.errors
import nats.js.errors
import pytest

from harness.waiting import until

STREAM = "AGENT_EVENTS"
# A killed server loses unwritten messages, and assigns their sequence numbers again.
RESCAN = 500


class Observer:
    """All messages of the agent, read from a stream, so that none is missed while the platform's own connection is down."""

    def __init__(self, platform):
        self.platform = platform
        self.results = {}
        self._seen = set()
        self._next = 1

    async def create(self):
        await self.platform.connection.jetstream().add_stream(
            name=STREAM, subjects=["agent.vm.*.evt"], max_msgs=1_000_000)

    def server_was_killed(self):
        self._next = max(1, self._next - RESCAN)

    async def follow(self):
        streams = self.platform.connection.jetstream(timeout=1)
        known = 0
        while True:
            try:
                message = await streams.get_msg(STREAM, self._next)
            except nats.js.errors.NotFoundError:
                if self._next < known:
                    # Missing although a later one exists: a gap from the kill of the server.
                    self._next += 1
                else:
                    await asyncio.sleep(0.02)
                    known = await self._last(streams) or 0
                continue
            except (nats.errors.Error, nats.js.errors.Error, asyncio.TimeoutError):
                await asyncio.sleep(0.05)
                continue
            self._next += 1
            self._note(json.loads(message.data))

    async def _last(self, streams):
        try:
            return (await streams.stream_info(STREAM)).state.last_seq
        except (nats.errors.Error, nats.js.errors.Error, asyncio.TimeoutError):
            return None

    def _note(self, envelope):
        # A repeated envelope is the same result: delivery is at least once, and the id identifies it.
        if envelope["type"] != "result" or envelope["id"] in self._seen:
            return
        self._seen.add(envelope["id"])
        self.results.setdefault(envelope["payload"]["command_id"], []).append(envelope["payload"])


class Storm:
    """Sends commands until each is answered, while agents and servers are killed."""

    def __init__(self, server, agent, observer, file):
        self.server, self.agent, self.observer = server, agent, observer
        self.seed = random.SystemRandom().randrange(1 << 32)
        self.random = random.Random(self.seed)
        self.sent = 0
        self.agent_kills = 0
        self.server_kills = 0
        self.file = file

    def command(self, command_id):
        pause = self.random.choice(["0", "0", "0.02", "0.1"])
        params = {"command": "/bin/sh", "args": ["-c", f"sleep {pause}; echo {command_id} >> {self.file}"]}
        if self.random.random() < 0.3:
            params["parallel"] = True
        return self.observer.platform.envelope("exec", params, command_id=command_id)

    async def send(self, envelope):
        try:
            await self.observer.platform.publish(envelope)
            self.sent += 1
        except nats.errors.Error:
            await asyncio.sleep(0.05)

    async def send_all(self, commands):
        for envelope in commands:
            await self.send(envelope)
            while self.random.random() < 0.2:
                await self.send(self.random.choice(commands))
            await asyncio.sleep(self.random.uniform(0, 0.06))
        while unanswered := [each for each in commands if each["id"] not in self.observer.results]:
            for envelope in unanswered:
                await self.send(envelope)
            await asyncio.sleep(1)

    async def kill_agents(self, count):
        for _ in range(count):
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            await self.kill_agent()
            self.agent_kills += 1

    async def kill_agent(self):
        # The agent alone: its programs live on, as they would in separate units.
        os.kill(self.agent.process.pid, 9)
        await self.agent.process.ended()
        self.agent.start()

    def effects(self):
        return pathlib.Path(self.file).read_text(encoding="ascii").split()

    async def kill_servers(self, count):
        for _ in range(count):
            await asyncio.sleep(self.random.uniform(1, 5))
            self.server.kill()
            await asyncio.sleep(self.random.uniform(0, 0.5))
            await self.server.start()
            self.observer.server_was_killed()
            self.server_kills += 1


    async def rage(self, commands, agent_kills, server_kills):
        """Runs until every command is answered, sent once more and answered again."""
        print(f"seed {self.seed}")
        envelopes = [self.command(str(uuid.uuid4())) for _ in range(commands)]
        results = self.observer.results
        following = asyncio.create_task(self.observer.follow())
        try:
            await asyncio.gather(
                self.send_all(envelopes), self.kill_agents(agent_kills), self.kill_servers(server_kills))
            position = {key: len(value) for key, value in results.items()}
            await self.observer.platform.answers()
            for envelope in envelopes:
                await self.send(envelope)
            await until(
                lambda: all(len(results[each["id"]]) > position[each["id"]] for each in envelopes),
                "a replay of every result", deadline=60)
        finally:
            if following.done():
                following.result()
            following.cancel()
        check(self, envelopes)


async def storm(lab, **amounts):
    server = await lab.server(jetstream=True)
    platform = await lab.platform(server)
    observer = Observer(platform)
    await observer.create()
    agent = lab.agent(server, agent__allowed_commands=["/bin/sh"], nats__reconnect_wait="200ms")
    await platform.answers()
    await Storm(server, agent, observer, lab.folder / "effects").rage(**amounts)


def check(chaos, envelopes):
    results = chaos.observer.results
    lines = chaos.effects()
    first = {key: [each for each in found if not each.get("replayed")] for key, found in results.items()}
    completed = {key for key, found in first.items() if any(each["status"] == "completed" for each in found)}
    interrupted = {key for key, found in first.items() if any(each.get("code") == "interrupted" for each in found)}
    unseen = [each["id"] for each in envelopes if not first[each["id"]]]
    print(f"{len(envelopes)} commands sent {chaos.sent} times, {chaos.agent_kills} agents and {chaos.server_kills} servers "
          f"killed: {len(completed)} completed, {len(interrupted)} interrupted, {len(lines)} effects, "
          f"{sum(len(found) for found in results.values())} results of which "
          f"{sum(bool(each.get('replayed')) for found in results.values() for each in found)} replayed, "
          f"{len(unseen)} first results that a killed server took along")
    assert set(results) == {each["id"] for each in envelopes}
    assert all(len(found) <= 1 for found in first.values()), "a command with two results"
    # A killed server may lose messages that it has just confirmed.
    assert len(unseen) <= chaos.server_kills
    for found in results.values():
        replays = [{key: value for key, value in each.items() if key != "replayed"} for each in found]
        assert all(each == replays[0] for each in replays), found
    assert len(lines) == len(set(lines)), "an effect that happened twice"
    assert completed <= set(lines), "a completed command without its effect"
    assert not [each for found in results.values() for each in found if each["status"] == "rejected"]


async def test_no_command_runs_twice_when_processes_are_killed(lab):
    await storm(lab, commands=150, agent_kills=8, server_kills=2)


@pytest.mark.soak
async def test_none_of_a_thousand_commands_runs_twice(lab):
    await storm(lab, commands=1000, agent_kills=40, server_kills=10)

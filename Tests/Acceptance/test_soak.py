"""Tests that are too long for every run: hours of load in minutes. Run with `make soak`."""

import asyncio
import os
import pathlib
import random
import time

import pytest

from harness.relay import Relay
from test_hostile_messages import hostile

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
GROWTH_LIMIT = 8 << 20
# Divides the counts, for a quick run.
SHARE = int(os.environ.get("SOAK_SHARE", "1"))


def descriptors(agent):
    return len(os.listdir(f"/proc/{agent.process.pid}/fd"))


def files_of(agent, folder):
    """The number of open files of a folder."""
    links = pathlib.Path(f"/proc/{agent.process.pid}/fd").iterdir()
    return sum(os.readlink(link).startswith(str(folder)) for link in links)


@pytest.mark.soak
async def test_repeated_reconnects_leak_nothing(lab):
    server = await lab.server()
    relay = await Relay(server.port).start()
    lab.closing(relay.close)
    platform = await lab.platform(server)
    agent = lab.agent(relay.url, agent__telemetry_interval="1s", agent__allowed_commands=["/bin/echo"],
                      nats__reconnect_wait="200ms")
    await agent.connected()
    generator = random.Random(7)
    end = time.monotonic() + MINUTES * 60
    rounds, warm = 0, None

    def usage_now():
        # The journal holds up to 40 segments; their number varies.
        return agent.process.resident_bytes(), descriptors(agent) - files_of(agent, agent.folder / "state")
    while time.monotonic() < end:
        log_since = agent.log_position
        relay.cut()
        await agent.connected(log_since)
        await platform.answers()
        for _ in range(20):
            await platform.output("system.metrics")
            await platform.output("exec", {"command": "/bin/echo", "args": ["x" * generator.randrange(10_000)]})
        rounds += 1
        if rounds == 20:
            warm = usage_now()
    assert warm is not None, "too short a soak to say anything"
    last = usage_now()
    print(f"{rounds} connections; resident bytes, descriptors: first {warm}, last {last}")
    assert last[0] - warm[0] < GROWTH_LIMIT
    assert last[1] <= warm[1] + 2
    assert agent.process.running


@pytest.mark.soak
async def test_a_hundred_thousand_hostile_messages_are_survived(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/echo"], log__level="error")
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    warm = None
    for number in range(100_000):
        await platform.publish(hostile(generator, lab.identity.uuid)[0])
        if number % 250 == 249:
            await platform.output("system.memory", deadline=60)
        if number == 20_000:
            warm = agent.process.resident_bytes()
    await platform.output("system.info")
    assert agent.process.resident_bytes() - warm < GROWTH_LIMIT


def usage(agent, state):
    """The resource usage that must not grow."""
    held = files_of(agent, state)
    return {
        "resident KiB": agent.process.resident_bytes() >> 10,
        "descriptors": descriptors(agent) - held,
        "segments": held,
        "threads": len(os.listdir(f"/proc/{agent.process.pid}/task")),
        "state KiB": sum(path.stat().st_size for path in state.rglob("*") if path.is_file()) >> 10,
    }


async def effects(platform, count):
    """Sends commands with effects, several at a time, and awaits each answer."""
    for _ in range(0, count, 100):
        sent = [await platform.send("exec", {"command": "/bin/true", "parallel": True}, timeout_s=60)
                for _ in range(100)]
        for _, answer in sent:
            envelope, _ = await asyncio.wait_for(answer, 60)
            assert envelope["payload"]["status"] == "completed", envelope


async def queries(platform, count):
    for _ in range(0, count, 100):
        sent = [await platform.send(random.choice(QUERIES)) for _ in range(100)]
        for _, answer in sent:
            await asyncio.wait_for(answer, 60)


async def intervals(platform, count):
    """Changes the interval; each change publishes a snapshot at once."""
    for _ in range(count):
        since = platform.position
        await platform.output("telemetry.set_interval", {"interval_s": 3600})
        await platform.next("telemetry", since)
        del platform.events[:]


QUERIES = ["system.memory", "system.cpu", "system.network", "system.info", "agent.status"]


@pytest.mark.soak
async def test_eight_hours_of_load_do_not_grow_the_agent(lab):
    """100,000 commands, half of them with effects, and 30,000 telemetry intervals at full speed."""
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/true"], log__level="error",
                                           agent__telemetry_interval="1h")
    state = agent.folder / "state"
    # Beyond the limit of the journal, so that the measured usage is permanent.
    await effects(platform, 20_000 // SHARE)
    await intervals(platform, 1_000 // SHARE)
    # Queries keep the files of /proc open after the first one.
    await queries(platform, 1_000 // SHARE)
    first = usage(agent, state)
    for _ in range(10):
        await effects(platform, 5_000 // SHARE)
        await queries(platform, 5_000 // SHARE)
        await intervals(platform, 3_000 // SHARE)
    last = usage(agent, state)
    print(f"first {first}\nlast  {last}")
    assert last["resident KiB"] - first["resident KiB"] < GROWTH_LIMIT >> 10
    assert last["descriptors"] <= first["descriptors"] + 2
    # The journal keeps no more than 16,384 results, in segments that rotate.
    assert last["segments"] < 40
    assert last["threads"] <= first["threads"] + 1
    assert last["state KiB"] - first["state KiB"] < 8 << 10

"""What takes too long for every run: hours in minutes. Run with `make soak`."""

import os
import random
import time

import pytest

from harness.relay import Relay
from test_hostile_messages import hostile

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
GROWTH_LIMIT = 8 << 20


def descriptors(agent):
    return len(os.listdir(f"/proc/{agent.process.pid}/fd"))


@pytest.mark.soak
async def test_connections_that_come_and_go(lab):
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
            warm = agent.process.resident_bytes(), descriptors(agent)
    assert warm is not None, "too short a soak to say anything"
    assert agent.process.resident_bytes() - warm[0] < GROWTH_LIMIT
    assert descriptors(agent) <= warm[1] + 2
    assert agent.process.running


@pytest.mark.soak
async def test_a_hundred_thousand_hostile_messages(lab):
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

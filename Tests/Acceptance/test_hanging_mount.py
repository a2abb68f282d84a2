"""A mount whose program reads requests and never answers: a wait for it cannot be interrupted, not even by SIGKILL."""

import asyncio
import signal

import pytest

from harness.hanging import HangingMount


@pytest.fixture(name="mount")
def hanging_mount(tmp_path):
    mount = HangingMount(tmp_path / "hanging")
    yield mount
    mount.close()


async def test_a_hanging_mount_is_reported_and_delays_nothing(lab, mount):
    _, agent, platform = await lab.running(agent__telemetry_interval="1s", agent__allowed_commands=["/bin/true"])
    await platform.alerted("MOUNT_UNRESPONSIVE", mount.path)
    since = platform.position
    await platform.next("telemetry", since, count=3)
    await platform.output("system.disk")

    # A killed agent ends, and the next one can lock its journal.
    agent.process.send(signal.SIGKILL)
    assert await agent.process.ended(5) == -signal.SIGKILL
    since = platform.position
    agent.start()
    await platform.alerted("MOUNT_UNRESPONSIVE", mount.path, since)
    await platform.output("exec", {"command": "/bin/true"})

    # SIGTERM ends the agent.
    agent.process.send(signal.SIGTERM)
    assert await asyncio.wait_for(agent.process.ended(), 10) == 0

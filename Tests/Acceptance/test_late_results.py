"""Results whose inbox is no longer permitted: they are published to the events subject only."""

import asyncio

import pytest

from harness.relay import Relay


async def late(lab, seconds, permission):
    """A command whose reply permission has expired by the time that it ends."""
    server = lab.new_server()
    server.extra = {"authorization": {"users": [
        {"user": "platform", "password": "platform-password"},
        {"user": lab.identity.uuid, "password": lab.identity.key, "permissions": {
            "subscribe": {"allow": [f"agent.vm.{lab.identity.uuid}.cmd"]},
            "publish": {"allow": [f"agent.vm.{lab.identity.uuid}.evt", f"vm.{lab.identity.uuid}.telemetry"]},
            "allow_responses": {"max": 1, "expires": permission}}}]}}
    await server.start()
    platform = await lab.platform(server)
    lab.agent(server, agent__allowed_commands=["/bin/sleep"])
    await platform.next("telemetry")
    since = platform.position
    command_id, answer = await platform.send(
        "exec", {"command": "/bin/sleep", "args": [str(seconds)]}, timeout_s=seconds + 60)
    event = await platform.next("result", since, deadline=seconds + 30)
    assert event.payload["command_id"] == command_id and event.payload["status"] == "completed"
    assert event.payload["duration_ms"] >= seconds * 1000
    assert not answer.done() and not platform.stray_replies
    assert len(platform.all("result", since)) == 1


async def test_a_result_after_the_reply_permission_expired_becomes_an_event(lab):
    await late(lab, 4, "1s")


@pytest.mark.soak
async def test_a_result_after_ninety_seconds_becomes_an_event(lab):
    await late(lab, 90, "60s")


async def test_a_result_after_a_reconnect_becomes_an_event(lab):
    server = await lab.server()
    relay = await Relay(server.port).start()
    lab.closing(relay.close)
    platform = await lab.platform(server)
    agent = lab.agent(relay.url, agent__allowed_commands=["/bin/sleep"], nats__reconnect_wait="200ms")
    await platform.next("telemetry")
    since, log_since = platform.position, agent.log_position
    command_id, answer = await platform.send("exec", {"command": "/bin/sleep", "args": ["3"]})
    await agent.logged("command received", log_since)
    relay.cut()
    await agent.connected(log_since)
    event = await platform.next("result", since)
    assert event.payload["command_id"] == command_id and event.payload["status"] == "completed"
    await asyncio.sleep(1)  # A second answer would be a fault; its absence shows only after some time.
    assert not answer.done()
    assert len(platform.all("result", since)) == 1

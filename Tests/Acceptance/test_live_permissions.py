"""Permissions that are revoked and restored while the agent is connected."""

import pytest

from harness.server import PLATFORM_PASSWORD, PLATFORM_USER, agent_permissions
from harness.waiting import until


async def permit(server, **changes):
    """Changes the agent's permissions on a running server."""
    server.extra["authorization"] = {"users": [
        {"user": PLATFORM_USER, "password": PLATFORM_PASSWORD},
        {"user": server.identity.uuid, "password": server.password,
         "permissions": agent_permissions(server.identity.uuid) | changes}]}
    await server.reload()


@pytest.mark.parametrize("how", ["waits", "hangup"])
async def test_commands_arrive_after_the_permission_is_restored(lab, how):
    server, agent, platform = await lab.running(agent__heartbeat_interval="1s")
    since = platform.position
    await permit(server, subscribe={"allow": ["nothing"]})
    await agent.logged("permission missing on the server")
    await platform.alerted("COMMANDS_REFUSED", "agent", since)
    await until(lambda: any(event.payload["agent"].get("commands_refused") for event in platform.all("heartbeat", since)),
                "a heartbeat that says so")

    position = agent.log_position
    await permit(server)
    if how == "hangup":
        agent.reload()
        await agent.logged("configuration reloaded", position)
    await agent.logged("the server accepts the subscription again", position, deadline=30)
    await platform.output("system.memory")
    since = platform.position
    heartbeat = await platform.next("heartbeat", since, count=2)
    assert "commands_refused" not in heartbeat.payload["agent"]
    await platform.alerted("COMMANDS_RECEIVED", "agent")
    assert len(agent.log("connected to NATS")) == 1, "no reconnect for it"
    alerts = [event.payload["code"] for event in platform.all("alert") if event.payload["object_id"] == "agent"]
    assert alerts == ["COMMANDS_REFUSED", "COMMANDS_RECEIVED"]


async def test_a_missing_permission_is_logged_at_a_limited_rate(lab):
    server, agent, platform = await lab.running()
    await permit(server, subscribe={"allow": ["nothing"]})
    await until(lambda: server.process.log_text().count("Subscription Violation") >= 3, "several attempts", deadline=30)
    # The server uses different messages for a revocation and a refusal.
    assert 1 <= len(agent.log("permission missing on the server")) <= 2
    del platform


async def test_events_arrive_after_the_permission_is_restored(lab):
    server, agent, platform = await lab.running(agent__heartbeat_interval="1s")
    await permit(server, publish={"allow": ["nothing"]})
    await agent.logged("permission missing on the server")
    await permit(server)
    since = platform.position
    await platform.next("heartbeat", since, count=2)
    await platform.output("system.memory")
    assert len(agent.log("connected to NATS")) == 1

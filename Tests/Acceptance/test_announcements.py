"""Capabilities while the machine changes, and capabilities and answers on a server with a small message limit."""

import asyncio
import os
import time

import pytest

from harness.agent import ALL_OPERATIONS
from harness.fleet import Fleet
from harness.waiting import DEADLINE_S

SMALL_PAYLOAD = 64 << 10


async def _rename(agent, name):
    """Sets a host name in the agent's own UTS namespace (uts_namespaces(7)); that of this machine is unchanged."""
    process = await asyncio.create_subprocess_exec(
        "nsenter", "--target", str(agent.process.pid), "--uts", "hostname", name)
    assert await process.wait() == 0


def _in_own_names(agent, name):
    agent.prefix = ("unshare", "--uts", "sh", "-c", f"hostname {name} && exec \"$@\"", "sh")
    return agent.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a host name of its own")
async def test_a_new_host_name_is_announced_while_connected(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(agent.settings(server.url, agent__heartbeat_interval="1s"))
    _in_own_names(agent, "web-1")
    assert (await platform.next("capabilities")).payload["hostname"] == "web-1"
    await platform.next("heartbeat", count=2)
    assert len(platform.all("capabilities")) == 1, "nothing has changed"
    await _rename(agent, "web-7")
    await platform.next("capabilities", count=2)
    assert [event.payload["hostname"] for event in platform.all("capabilities")] == ["web-1", "web-7"]
    # Every message with the name agrees.
    assert (await platform.output("system.info"))["hostname"] == "web-7"
    assert (await platform.output("agent.allowed_operations"))["hostname"] == "web-7"
    await platform.next("heartbeat", since=platform.position, count=2)
    assert len(platform.all("capabilities")) == 3, "the change is announced once"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a host name of its own")
async def test_a_new_host_name_is_announced_by_reconnect_and_reload(lab):
    """Also if heartbeats are infrequent."""
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(agent.settings(server.url, agent__heartbeat_interval="1h", nats__reconnect_wait="500ms"))
    _in_own_names(agent, "web-1")
    await platform.next("capabilities")
    await _rename(agent, "web-2")
    await server.stop()
    await server.start()
    await platform.next("capabilities", count=2)
    await _rename(agent, "web-3")
    agent.reload()
    await platform.next("capabilities", count=3)
    assert [event.payload["hostname"] for event in platform.all("capabilities")] == ["web-1", "web-2", "web-3"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a host name of its own")
async def test_operators_see_and_use_a_new_host_name(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, start=False, agent__allowed_commands=["/usr/bin/true"])
    _in_own_names(agent, "web-1")

    async def listed(name):
        end = time.monotonic() + DEADLINE_S
        while name not in (shown := (await fleet.plsctl("agents", "list")).out.split()):
            assert time.monotonic() < end, f"{name} is not in the list of agents: {shown}"
            await asyncio.sleep(0.1)
    await listed("web-1")
    await _rename(agent, "web-7")
    await listed("web-7")
    assert "web-1" not in (await fleet.plsctl("agents", "list")).out.split()
    await fleet.plsctl("exec", "web-7", "--", "/usr/bin/true")


async def test_answers_over_the_payload_limit_are_shortened(lab):
    """Every answer whose size depends on the configuration or on a program's output, with a small message limit."""
    commands = ["/usr/bin/seq"] + [f"/opt/programs/with/a/long/path/program-{number:05}" for number in range(3000)]
    _, agent, platform = await lab.running(
        server_options={"extra": {"max_payload": SMALL_PAYLOAD}}, agent__allowed_commands=commands)
    assert platform.connection.max_payload == SMALL_PAYLOAD
    # The capabilities.
    announced = (await platform.next("capabilities")).payload
    assert sorted(entry["operation"] for entry in announced["operations"]) == sorted(ALL_OPERATIONS)
    assert 500 < len(announced["exec_commands"]) < len(commands)
    assert agent.log("capabilities are too large, entries are left out")
    for operation, params in (("agent.allowed_operations", {}),
                              ("exec", {"command": "/usr/bin/seq", "args": ["100000"]}),
                              ("system.metrics", {}), ("system.info", {}), ("agent.status", {})):
        result = await platform.command(operation, params)
        assert result["status"] == "completed" and result["output"], operation
        assert result.get("truncated", False) is (operation in ("agent.allowed_operations", "exec")), operation
    result = await platform.command("agent.allowed_operations")
    kept = len(result["output"]["exec_commands"])
    assert result["message"] == f"too large for one message: {len(commands) - kept} of {len(commands)} list entries are left out"

"""The journal on a booted machine: a full disk, and an agent that systemd restarts."""

import asyncio
import uuid

from systembox import Disk
from unit_agent import UnitAgent


async def test_a_full_disk_rejects_effects_and_recovers(boxes, deb, lab):
    box = boxes.boot(Disk("/var/lib/plusclouds", 16))
    box.copy_in(deb, "/var/tmp/plusclouds-agent.deb")
    box.run_now("apt-get", "install", "-y", "-q", "--no-install-recommends", "/var/tmp/plusclouds-agent.deb")
    agent = UnitAgent(box, lab).clean_now()
    _, platform = await agent.running(agent__allowed_commands=["/bin/sh"])
    # Each result uses a large part of the space that was reserved before.
    effect = {"command": "/bin/sh", "args": ["-c", "echo ran >> /root/effects; head -c 50000 /dev/zero | tr '\\0' x"]}
    await platform.output("exec", effect)
    await box.sh("dd if=/dev/zero of=/var/lib/plusclouds/filler bs=64k 2>/dev/null || true; "
                 "dd if=/dev/zero of=/var/lib/plusclouds/filler2 bs=1k 2>/dev/null || true")
    pid = await agent.pid()
    refused = []
    # The reserved space may suffice for a few more.
    for _ in range(500):
        result = await platform.command("exec", effect)
        if result["status"] == "rejected":
            refused.append(result)
            if len(refused) == 3:
                break
    assert len(refused) == 3, "a full disk was not noticed"
    ran = len(box.read("/root/effects").splitlines())
    print(refused[0]["message"])
    for result in refused:
        assert result["code"] == "busy", result
        assert "/var/lib/plusclouds" in result["message"] and "space" in result["message"].lower(), result
    await platform.output("system.memory")
    assert "journal" in await platform.output("agent.status")
    assert len(box.read("/root/effects").splitlines()) == ran, "something refused ran"
    await box.run("rm", "/var/lib/plusclouds/filler", "/var/lib/plusclouds/filler2")
    await platform.output("exec", effect)
    assert len(box.read("/root/effects").splitlines()) == ran + 1
    assert await agent.pid() == pid, "it was restarted"
    await agent.stop()


async def test_programs_of_a_killed_agent_are_ended(agent, box):
    _, platform = await agent.running(agent__allowed_commands=["/bin/sh"])
    marker = f"73.{uuid.uuid4().int % 10**9:09d}"
    script = f"(setsid sleep {marker} &) ; sleep {marker}"
    envelope = platform.envelope("exec", {"command": "/bin/sh", "args": ["-c", script]})
    await platform.publish(envelope)

    async def left():
        found = await box.outcome("pgrep", "-f", f"sleep {marker}")
        return found.out.split()
    while len(await left()) < 3:
        await asyncio.sleep(0.05)
    await agent.kill()
    await agent.start()
    result = (await platform.next("result", deadline=60)).payload
    assert result["command_id"] == envelope["id"]
    assert result["status"] == "failed" and result["code"] == "interrupted"
    assert not await left(), "programs of the killed agent live on"
    since = platform.position
    await platform.publish(envelope)
    replay = (await platform.next("result", since)).payload
    assert replay == {**result, "replayed": True}
    assert not await left()

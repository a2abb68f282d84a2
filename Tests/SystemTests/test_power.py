"""vm.reboot and vm.shutdown, on a machine that actually goes down."""

import asyncio
import json

from systembox.box import POWERED_OFF, REBOOTED

STREAM = "AGENT_EVENTS"


async def everything_said(platform):
    """All messages of the stream, in order."""
    streams = platform.connection.jetstream()
    last = (await streams.stream_info(STREAM)).state.last_seq
    return [json.loads((await streams.get_msg(STREAM, number)).data) for number in range(1, last + 1)]


async def agent_in(boxes, deb, lab):
    from unit_agent import UnitAgent  # pylint: disable=import-outside-toplevel
    box = boxes.boot()
    box.copy_in(deb, "/var/tmp/plusclouds-agent.deb")
    box.run_now("apt-get", "install", "-y", "-q", "--no-install-recommends", "/var/tmp/plusclouds-agent.deb")
    agent = UnitAgent(box, lab).clean_now()
    server, platform = await agent.running(
        server_options={"jetstream": True}, agent__allowed_commands=["/bin/sh"])
    await platform.connection.jetstream().add_stream(name=STREAM, subjects=["agent.vm.*.evt"])
    return box, agent, server, platform


async def test_a_reboot_is_answered_and_reported(boxes, deb, lab):
    box, agent, _, platform = await agent_in(boxes, deb, lab)
    mark = {"command": "/bin/sh", "args": ["-c", "echo ran >> /root/mark"]}
    before = platform.envelope("exec", mark)
    await platform.publish(before)
    result = await platform.command_to_events("vm.reboot")
    assert result["status"] == "completed" and result["output"] == {"stdout": "", "stderr": ""}
    assert await box.ended() == REBOOTED
    await box.boot_again()
    since = platform.position
    alert = await platform.next("alert", deadline=60)
    assert alert.payload["code"] == "REBOOT_COMPLETED" and alert.payload["severity"] == "info"
    assert alert.payload["details"]["command_id"] == result["command_id"]
    # The platform repeats the command, whose result it may not have received.
    reboot = platform.envelope("vm.reboot", command_id=result["command_id"])
    await platform.publish(reboot)
    await platform.publish(before)
    await platform.next("result", since, count=2)
    replays = {event.payload["command_id"]: event.payload for event in platform.all("result", since)}
    assert {key: each.get("replayed") for key, each in replays.items()} == {
        before["id"]: True, result["command_id"]: True}
    assert replays[result["command_id"]]["status"] == "completed"
    assert (await box.run("systemctl", "is-system-running")).strip() == "running"
    assert box.read("/root/mark") == "ran\n", "something ran again"
    said = await everything_said(platform)
    results = [each for each in said if each["type"] == "result"
               and each["payload"]["command_id"] == result["command_id"] and not each["payload"].get("replayed")]
    alerts = [each for each in said if each["type"] == "alert" and each["payload"]["code"].startswith("REBOOT_")]
    print(f"{len({each['id'] for each in results})} result before, {len({each['id'] for each in alerts})} alert after")
    assert len({each["id"] for each in results}) == 1
    assert len({each["id"] for each in alerts}) == 1
    await agent.stop()


async def test_a_shutdown_is_answered(boxes, deb, lab):
    box, _, _, platform = await agent_in(boxes, deb, lab)
    result = await platform.command_to_events("vm.shutdown")
    assert result["status"] == "completed"
    assert await box.ended() == POWERED_OFF
    await box.boot_again()
    alert = await platform.next("alert", deadline=60)
    assert alert.payload["code"] == "REBOOT_COMPLETED"
    assert alert.payload["details"] == {"command_id": result["command_id"], "operation": "vm.shutdown"}


async def test_commands_during_a_reboot_are_rejected(boxes, deb, lab):
    box, _, _, platform = await agent_in(boxes, deb, lab)
    reboot = platform.envelope("vm.reboot")
    late = platform.envelope("exec", {"command": "/bin/sh", "args": ["-c", "echo ran >> /root/late"]})
    await platform.publish(reboot)
    await platform.publish(late)
    await platform.next("result", count=2)
    assert await box.ended() == REBOOTED
    results = {event.payload["command_id"]: event.payload for event in platform.all("result")}
    assert results[reboot["id"]]["status"] == "completed"
    assert results[late["id"]]["status"] == "rejected" and results[late["id"]]["code"] == "busy"
    await box.boot_again()
    assert not box.path("/root/late").exists()


async def test_an_inhibitor_is_respected(own_box, deb, lab):
    from unit_agent import UnitAgent  # pylint: disable=import-outside-toplevel
    own_box.copy_in(deb, "/var/tmp/plusclouds-agent.deb")
    own_box.run_now("apt-get", "install", "-y", "-q", "--no-install-recommends", "/var/tmp/plusclouds-agent.deb")
    agent = UnitAgent(own_box, lab).clean_now()
    _, platform = await agent.running()
    await own_box.run("systemd-run", "--unit=holding", "systemd-inhibit", "--what=shutdown", "--mode=block",
                      "sleep", "600")
    await own_box.unit_is("holding.service", "active")
    await platform.output("system.info")
    while "sleep" not in await own_box.run("systemd-inhibit", "--list"):
        await asyncio.sleep(0.02)
    result = await platform.command("vm.reboot", expect="failed")
    assert "blocked by sleep" in result["message"], result
    await own_box.run("systemctl", "stop", "holding.service")

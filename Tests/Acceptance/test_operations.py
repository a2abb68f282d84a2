"""Every operation, driven by an independent client; every payload is validated against docs/schemas."""

import asyncio
import os
import platform as host
import time

import pytest

from harness.agent import ALL_OPERATIONS
from harness.waiting import settled, until


async def test_the_agent_announces_itself(lab):
    _, agent, platform = await lab.running()
    capabilities = (await platform.next("capabilities")).payload
    assert [entry["operation"] for entry in capabilities["operations"]] == [
        "agent.allowed_operations", "system.info", "system.metrics", "system.cpu", "system.memory", "system.disk",
        "system.network", "telemetry.set_interval", "exec", "agent.cancel", "agent.status"]
    assert capabilities["exec_commands"] == []
    heartbeat = (await platform.next("heartbeat")).payload
    assert heartbeat["tasks_queued"] == 0
    with open("/proc/uptime", encoding="ascii") as uptime:
        assert abs(heartbeat["uptime_s"] - float(uptime.read().split()[0])) < 30
    telemetry = await platform.next("telemetry")
    assert all("io" not in disk for disk in telemetry.payload["disks"])
    assert abs(telemetry.envelope["timestamp"] - time.time()) < 30
    copy = (await until(platform.telemetry_for_clients, "telemetry for clients"))[0]
    assert copy.envelope == telemetry.envelope

    kinds = [event.type for event in platform.events if event.subject.endswith(".evt")]
    assert kinds[:3] == ["capabilities", "heartbeat", "telemetry"]
    identity = await agent.logged("agent identity resolved")
    assert identity["agent_uuid"] == lab.identity.uuid
    assert (await agent.logged("capabilities published"))["operation_count"] == len(ALL_OPERATIONS)
    connected = await agent.logged("connected to NATS")
    assert connected["url"].startswith("nats://127.0.0.1:")
    for message in ("heartbeat published", "telemetry published"):
        await agent.logged(message)


async def test_the_connection_has_the_name_of_the_agent(lab):
    server, _, _ = await lab.running(server_options={"extra": {"trace": True}})
    assert f"plusclouds-vm-agent:{lab.identity.uuid}" in server.process.log_text()


async def test_allowed_operations_publishes_its_answer_again(lab):
    _, _, platform = await lab.running()
    since = platform.position
    output = await platform.output("agent.allowed_operations")
    event = await platform.next("capabilities", since)
    assert event.payload == output


async def test_system_info_describes_the_machine(lab):
    _, _, platform = await lab.running()
    info = await platform.output("system.info")
    assert info["hostname"] == host.node()
    assert info["kernel_version"] == host.release()
    release = host.freedesktop_os_release()
    assert info["os"] == " ".join(filter(None, (release["ID"], release.get("VERSION_ID"))))
    assert abs(info["boot_time"] + info["uptime"] - time.time()) < 5


@pytest.mark.parametrize("operation", [
    "system.metrics", "system.cpu", "system.memory", "system.disk", "system.network"])
async def test_measurements_match_their_schemas(lab, operation):
    _, _, platform = await lab.running()
    output = await platform.output(operation)
    assert output not in (None, {})
    disks = {"system.metrics": lambda: output["disks"], "system.disk": lambda: output}.get(operation, list)()
    assert all("io" in disk for disk in disks), "a command samples by itself when it has no baseline"
    if operation == "system.cpu":
        assert output["core_count"] == len(output["cores"]) == os.cpu_count()


async def test_agent_status_matches_the_state(lab):
    server, agent, platform = await lab.running(agent__allowed_commands=["/bin/sleep"])
    command_id, running = await platform.send("exec", {"command": "/bin/sleep", "args": ["30.125"]})

    status = await platform.output("agent.status")
    assert status["connection"]["url"] == server.url
    assert status["connection"]["reconnects"] == 0
    assert [entry["command_id"] for entry in status["commands"]["running"]
            if entry["operation"] == "exec"] == [command_id]
    assert abs(status["started_at"] + status["uptime_s"] - time.time()) < 3
    assert abs(status["agent"]["rss_bytes"] - agent.process.resident_bytes()) < 8 << 20

    await platform.output("agent.cancel", {"command_id": command_id})
    envelope, _ = await asyncio.wait_for(running, 5)
    assert envelope["payload"]["code"] == "cancelled"


async def test_set_interval_applies_at_once(lab):
    _, _, platform = await lab.running()
    since = platform.position
    output = await platform.output("telemetry.set_interval", {"interval_s": 7})
    assert output == {"requested_interval_s": 7, "applied_interval_s": 7}
    await platform.next("telemetry", since, deadline=4)


async def test_set_interval_takes_effect_and_has_a_minimum(lab):
    _, _, platform = await lab.running()
    since = platform.position
    output = await platform.output("telemetry.set_interval", {"interval_s": 1})
    assert output == {"requested_interval_s": 1, "applied_interval_s": 5}
    await platform.next("telemetry", since, count=2, deadline=15)
    first, second = platform.all("telemetry", since)[:2]
    assert 4 <= second.arrived - first.arrived <= 8


@pytest.mark.parametrize("params,status,code", [
    ({"interval_s": 0}, "failed", "failed"),
    ({"interval_s": -3}, "failed", "failed"),
    ({"interval_s": 86401}, "rejected", "invalid_params"),
    ({"interval_s": 10 ** 30}, "rejected", "invalid_params"),
    ({"interval_s": "10"}, "rejected", "invalid_params"),
    ({"interval_s": 7.5}, "rejected", "invalid_params"),
    ({"interval_s": True}, "rejected", "invalid_params"),
    ({"interval_s": None}, "rejected", "invalid_params"),
    ({"INTERVAL_S": 10}, "rejected", "invalid_params"),
    ({}, "rejected", "invalid_params"),
])
async def test_set_interval_rejects_invalid_values(lab, params, status, code):
    _, _, platform = await lab.running()
    result = await platform.command("telemetry.set_interval", params, expect=status)
    assert result["code"] == code


@pytest.mark.parametrize("params", [None, {}, [], "absent", {"unknown": 1}])
async def test_missing_params_are_accepted_in_every_form(lab, params):
    _, _, platform = await lab.running()
    await platform.output("system.memory", *([] if params == "absent" else [params]))


async def test_a_result_is_delivered_to_one_subject(lab):
    _, _, platform = await lab.running()
    since = platform.position
    await platform.output("system.memory")
    result = await platform.command_to_events("system.memory")
    assert result["status"] == "completed"
    # Answers arrive in order: a second copy of the first would have arrived by now.
    await platform.output("system.memory")
    await settled(platform.connection)
    assert len(platform.all("result", since)) == 1
    assert not platform.stray_replies


async def test_a_forbidden_reply_to_falls_back_to_events(lab):
    _, agent, platform = await lab.running()
    result = await platform.command_to_events("system.memory", reply_to="elsewhere.inbox")
    assert result["status"] == "completed"
    assert agent.process.running
    await platform.output("system.memory")


@pytest.mark.parametrize("fields,code", [
    ({"type": "result"}, "invalid_params"),
    ({"agent_uuid": "00000000-0000-4000-8000-000000000000"}, None),
    ({"payload": None}, "invalid_params"),
    ({"payload": []}, "invalid_params"),
    ({"payload": {}}, "invalid_params"),
    ({"payload": {"operation": 5}}, "invalid_params"),
    ({"payload": {"operation": "system.memory", "params": "x"}}, "invalid_params"),
    ({"payload": {"operation": "system.memory", "params": [1]}}, "invalid_params"),
    ({"payload": {"operation": "no.such.thing"}}, "unknown_operation"),
    ({"payload": {"operation": "SYSTEM.MEMORY"}}, "unknown_operation"),
    ({"payload": {"operation": "system.memory", "expires_at": 1}}, "expired"),
])
async def test_an_invalid_command_is_rejected_before_it_runs(lab, fields, code):
    _, _, platform = await lab.running()
    result = await platform.command_to_events("system.memory", **fields)
    assert result["status"] == "rejected", result
    assert "output" not in result
    if code:
        assert result["code"] == code


@pytest.mark.parametrize("fields", [
    {"type": ""}, {"agent_uuid": ""}, {"unknown": {"deep": [1]}},
    {"payload": {"operation": "system.memory", "expires_at": None, "timeout_s": None}},
    {"payload": {"operation": "system.memory", "timeout_s": -1}},
])
async def test_unusual_valid_commands_are_accepted(lab, fields):
    _, _, platform = await lab.running()
    result = await platform.command_to_events("system.memory", **fields)
    assert result["status"] == "completed", result


async def test_the_uuid_is_case_insensitive(lab):
    _, _, platform = await lab.running()
    result = await platform.command_to_events("system.memory", agent_uuid=lab.identity.uuid.upper())
    assert result["status"] == "completed"


@pytest.mark.parametrize("data", [b"", b"hello", b"[]", b'{"v":2,"id":"x","payload":{"operation":"system.memory"}}',
                                  b'{"id":"x","payload":{"operation":"system.memory"}}', b'{"v":1', b"\xff\xfe"])
async def test_an_invalid_envelope_is_dropped_with_a_warning(lab, data):
    _, agent, platform = await lab.running()
    since = platform.position
    log_since = agent.log_position
    await platform.publish(data)
    await platform.output("system.memory")
    await agent.logged_matching(lambda entry: entry["level"] == "warn", "a warning for what was dropped", log_since)
    assert not platform.all("result", since)


async def test_an_operation_that_is_not_allowed_is_rejected(lab):
    _, _, platform = await lab.running(agent__allowed_operations=["system.memory"])
    capabilities = (await platform.next("capabilities")).payload
    assert [entry["operation"] for entry in capabilities["operations"]] == ["system.memory"]
    await platform.output("system.memory")
    for operation in ("system.cpu", "exec", "agent.status", "agent.cancel", "telemetry.set_interval"):
        result = await platform.command(operation, expect="rejected")
        assert result["code"] == "not_permitted"


@pytest.mark.parametrize("empty", [None, []])
async def test_an_empty_allowlist_allows_nothing(lab, empty):
    _, agent, platform = await lab.running(agent__allowed_operations=empty)
    assert (await platform.next("capabilities")).payload["operations"] == []
    assert (await platform.command("system.info"))["status"] == "rejected"
    assert [entry for entry in agent.log() if entry["level"] == "warn"]


async def test_the_default_allowlist_matches_the_protocol(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    settings = agent.settings(server.url)
    del settings["agent"]["allowed_operations"]
    agent.write(settings)
    agent.start()
    capabilities = (await platform.next("capabilities")).payload
    names = {entry["operation"] for entry in capabilities["operations"]}
    assert names == {
        "agent.allowed_operations", "services.list", "services.get", "services.start", "services.stop", "services.restart",
        "services.reload", "services.enable", "services.disable", "system.info", "system.metrics", "system.cpu",
        "system.memory", "system.disk", "system.network", "system.update", "telemetry.set_interval"}
    assert [entry["operation"] for entry in capabilities["operations"]][:3] == [
        "agent.allowed_operations", "services.list", "services.get"]
    assert "exec_commands" not in capabilities


async def test_every_command_is_logged(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/echo"])
    await platform.output("exec", {"command": "/bin/echo", "args": ["hello"]}, command_id="trail-1")
    received = await agent.logged_matching(
        lambda entry: entry["msg"] == "command received" and entry.get("command_id") == "trail-1", "command received")
    assert received["level"] == "info"
    executed = await agent.logged("command executed")
    assert executed["exit_code"] == 0
    result = await agent.logged_matching(
        lambda entry: entry["msg"] == "result" and entry.get("command_id") == "trail-1", "result")
    assert result["operation"] == "exec"
    assert result["status"] == "completed"

"""Permanent removal of agents."""

import json

import pytest

from harness.fleet import Fleet
from harness.operator import APIFailure
from harness.waiting import until
from harness.wire import Refused, Wire
from test_platform_store import eventually


async def stored(client, stream, subject):
    """The number of messages of a subject in a stream."""
    request = json.dumps({"subjects_filter": subject}).encode()
    reply = json.loads((await client.request(f"$JS.API.STREAM.INFO.{stream}", request, timeout=5)).data)
    return sum((reply["state"].get("subjects") or {}).values())


async def test_removal_deletes_everything_but_the_audit_record(lab):
    fleet = await Fleet(lab).start(instances=2)
    operator = await fleet.operator()
    issued = await operator.call("enrolments.create", labels={"env": "test"})
    fleet.secrets.append(issued["token"])
    agent = fleet.agent(lab.identity, start=False)
    agent.identity.key = issued["token"]
    agent.write(agent.settings(",".join(fleet.urls), nats__reconnect_wait="500ms", agent__heartbeat_interval="1s"))
    agent.start()
    await agent.connected()
    uuid = agent.identity.uuid
    await operator.alive(uuid)
    assert (await operator.run(uuid, "system.info"))["state"] == "completed"

    # A connected agent is removed only by force.
    with pytest.raises(APIFailure) as refused:
        await operator.once("agents.remove", agent=uuid)
    assert refused.value.code == "conflict" and "connected from 127.0.0.1" in refused.value.message, refused.value
    assert uuid in await operator.agents()

    await agent.stop()
    pending = await operator.call("commands.submit", agent=uuid, operation="system.info", params={})
    client = await fleet.as_platform()
    assert await stored(client, "AGENT_EVENTS", f"agent.vm.{uuid}.evt") > 0

    async def removed():
        try:
            return await operator.once("agents.remove", agent=uuid, reason="sold")
        except APIFailure as failure:
            # The server may not have detected the end of its connection yet.
            assert failure.code == "conflict", failure
            return None
    view = await eventually(removed, "removal of a disconnected agent")
    assert view["uuid"] == uuid and view["labels"] == {"env": "test"}
    assert uuid not in await operator.agents()
    ended = await operator.ended(pending["id"])
    assert ended["state"] == "cancelled"
    await until(lambda: pending["id"] in operator.done, "the end of its command")
    for stream, subject in (("AGENT_EVENTS", f"agent.vm.{uuid}.evt"), ("VM_TELEMETRY", f"vm.{uuid}.telemetry"),
                            ("AGENT_COMMANDS", f"agent.vm.{uuid}.cmd"), ("AGENT_RESULTS", f"pls.results.{uuid}.>")):
        assert await stored(client, stream, subject) == 0, stream
    for bucket, key in (("pls-agents", uuid), ("pls-fleet", uuid), ("pls-fleet", f"{uuid}.capabilities")):
        reply = await client.request(
            f"$JS.API.STREAM.MSG.GET.KV_{bucket}", json.dumps({"last_by_subj": f"$KV.{bucket}.{key}"}).encode(), timeout=5)
        message = json.loads(reply.data).get("message", {})
        assert "data" not in message, (bucket, key, message)
    with pytest.raises(APIFailure) as gone:
        await operator.once("agents.remove", agent=uuid)
    assert gone.value.code == "not_found"
    entries = [entry for entry in await operator.call("audit.list", object=uuid) if entry["action"] == "agents.remove"]
    assert len(entries) == 1 and entries[0]["by"] == "admin" and entries[0]["details"]["reason"] == "sold", entries
    assert entries[0]["details"]["open_commands"] == 1

    # Neither its token nor the enrollment token that it used is accepted again.
    with pytest.raises(Refused):
        await Wire.connect(fleet.urls[0], uuid, issued["token"], name=f"plusclouds-vm-agent:{uuid}")
    assert uuid not in await operator.agents()
    # Its uuid can be enrolled again, and its state is complete after that.
    again = await operator.call("agents.enroll", uuid=uuid)
    fleet.secrets.append(again["token"])
    agent.identity.key = again["token"]
    agent.write(agent.settings(",".join(fleet.urls), nats__reconnect_wait="500ms", agent__heartbeat_interval="1s"))
    since = agent.log_position
    agent.start()
    await agent.connected(since)
    await operator.alive(uuid)
    assert (await operator.agents())[uuid]["labels"] == {}

    async def announced():
        return (await operator.call("agents.show", agent=uuid)).get("capabilities")
    await eventually(announced, "its capabilities")
    assert (await operator.run(uuid, "system.info"))["state"] == "completed"


async def test_forced_removal_ends_the_connection_and_the_running_command(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/sleep"], agent__allowed_operations=["exec", "system.info"])
    await agent.connected()
    await operator.alive(identity.uuid)
    sent = await operator.call("commands.submit", agent=identity.uuid, operation="exec",
                               params={"command": "/bin/sleep", "args": ["60"]})

    async def is_sent():
        return (await operator.call("commands.show", id=sent["id"]))["state"] == "sent"
    await eventually(is_sent, "a command that runs")
    outcome = await fleet.plsctl("agents", "remove", identity.uuid, "--yes", expect=None)
    assert outcome.code == 4 and "connected" in outcome.err and "--force" in outcome.err, outcome
    outcome = await fleet.plsctl("agents", "remove", identity.uuid, "--force", "--yes")
    assert "is removed" in outcome.out, outcome
    assert (await operator.call("commands.show", id=sent["id"]))["state"] == "cancelled"
    await until(lambda: "Authorization Violation" in agent.log_path.read_text(encoding="utf-8")
                or "authorization" in agent.log_path.read_text(encoding="utf-8").lower(), "the agent is refused", 30)
    assert identity.uuid not in await operator.agents()
    # Messages from before the removal do not restore its state.
    await fleet.enrol(operator, uuid=identity.uuid)
    detail = await operator.call("agents.show", agent=identity.uuid)
    assert detail["agent"]["status"] == "pending", detail


async def test_removal_by_selector_lists_the_agents_first(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    old = [await fleet.enrol(operator, labels={"env": "test"}) for _ in range(3)]
    kept = await fleet.enrol(operator, labels={"env": "prod"})
    outcome = await fleet.plsctl("agents", "remove", "-l", "env=test", expect=2)
    assert "--yes" in outcome.err and all(identity.uuid in outcome.err for identity in old), outcome
    assert len(await operator.agents()) == 4
    outcome = await fleet.plsctl("agents", "remove", "-l", "env=test", "--yes", "-o", "json")
    assert {agent["uuid"] for agent in outcome.json} == {identity.uuid for identity in old}
    assert set(await operator.agents()) == {kept.uuid}
    assert (await fleet.plsctl("agents", "remove", "-l", "env=test", "--yes", expect=None)).code == 3
    assert (await fleet.plsctl("agents", "remove", expect=None)).code == 2
    assert (await fleet.plsctl("agents", "remove", "-l", "status=dead", expect=None)).code == 2


async def test_an_unknown_value_is_rejected_with_the_known_ones(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    outcome = await fleet.plsctl("agents", "list", "-l", "status=dead", expect=2)
    assert all(word in outcome.err for word in ("pending", "alive", "silent", "revoked")), outcome
    for method, params, words in (
            ("agents.list", {"selector": "status in (alive,dead)"}, ("pending", "alive", "silent", "revoked")),
            ("agents.list", {"selector": "alive!=maybe"}, ("true", "false")),
            ("events.list", {"types": ["alarm"]}, ("heartbeat", "alert")),
            ("commands.list", {"state": "dead"}, ("pending", "completed")),
            ("operators.add", {"name": "bob", "role": "root"}, ("viewer", "operator", "admin"))):
        with pytest.raises(APIFailure) as refused:
            await operator.once(method, **params)
        assert refused.value.code == "invalid", (method, refused.value)
        assert all(word in refused.value.message for word in words), (method, refused.value)
    assert (await fleet.plsctl("agents", "list", "-l", "status=*ing", "-q")).out.strip() == identity.uuid
    rotated = await fleet.plsctl("agents", "rotate", identity.uuid, "--grace", "0s", "-o", "json")
    assert "until" not in rotated.json
    fleet.secrets.append(rotated.json["token"])
    assert (await operator.call("agents.show", agent=identity.uuid))["valid_tokens"] == 1

"""The permissions of an enrolled agent's credentials, tested at the server, and their sufficiency for the agent."""

import asyncio
import json
import uuid

import pytest

from harness.agent import ALL_OPERATIONS
from harness.attempts import OTHER, Attempts
from harness.fleet import Fleet
from harness.responder import Responder
from harness.waiting import settled, until
from harness.wire import Refused, Wire

OWN = "aaaaaaaa-1111-4111-8111-111111111111"
PASSWORD = "a-token-of-more-than-32-characters-0123456789"


def print_attempts(rows):
    """Prints all attempts. Returns those with a wrong outcome."""
    print(f"\n{len(rows)} attempts with an agent's credentials:")
    for row in rows:
        print(row)
    return [row for row in rows if not row.right]


def intended(name):
    return {"pub": {"allow": [f"agent.vm.{name}.evt", f"vm.{name}.telemetry"]}, "sub": {"allow": [f"agent.vm.{name}.cmd"]},
            "resp": {"max": 1, "ttl": 60_000_000_000}}


def too_much(name):
    return {**intended(name), "pub": {"allow": ["agent.vm.*.evt", f"vm.{name}.telemetry", "$JS.API.>"]},
            "sub": {"allow": ["agent.vm.*.cmd"]}, "resp": {"max": 2, "ttl": 60_000_000_000}}


@pytest.mark.parametrize("permissions, wrong", [(intended, 0), (too_much, 14)])
async def test_the_table_detects_wrong_permissions(lab, permissions, wrong):
    """Checks the table itself with a substitute for the platform that signs known permissions."""
    fleet = Fleet(lab)
    fleet.keys["xkey"] = None
    server = await fleet.add_servers()[0].start()
    responder = Responder(fleet.keys["issuer"], {OWN: PASSWORD}, permissions)
    platform = await fleet.as_platform()
    await platform.jetstream().add_stream(name="AGENT_EVENTS", subjects=["agent.vm.*.evt"], no_ack=wrong == 0,
                                            allow_rollup_hdrs=wrong != 0)
    await responder.serve(platform)
    with pytest.raises(Refused, match="Authorization Violation"):
        await Wire.connect(server.url, OWN, "wrong")
    wire = await Wire.connect(server.url, OWN, PASSWORD)
    rows = await Attempts(wire, OWN, OTHER, await fleet.as_platform()).run()
    await wire.close()
    found = [row for row in rows if not row.right]
    print(f"{len(rows)} attempts, {len(found)} not as intended")
    for row in found:
        print(row)
    if wrong == 0:
        assert not found
    else:
        assert len(found) == wrong, "permissions that are too wide went unnoticed"


async def test_an_agent_has_exactly_its_own_permissions(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator, uuid=OWN)
    await fleet.enrol(operator, uuid=OTHER)
    wire = await Wire.connect(fleet.urls[0], identity.uuid, identity.key)
    rows = await Attempts(wire, OWN, OTHER, await fleet.as_platform()).run()
    wrong = print_attempts(rows)
    assert len(rows) >= 40
    assert wire.open, "the server closed the connection"
    await wire.close()
    assert not wrong, "\n".join(str(row) for row in wrong)
    # No attempt changed the registry.
    assert set(await operator.agents()) == {OWN, OTHER}
    assert await operator.call("enrolments.list") == []


async def test_all_operations_work_with_these_permissions(lab):
    """All commands, events and results with these permissions, including results to `reply_to`."""
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    platform = await fleet.as_platform()
    events, copies = [], []

    async def event(message):
        events.append(json.loads(message.data))

    async def copy(message):
        copies.append(json.loads(message.data))
    await platform.subscribe(f"agent.vm.{identity.uuid}.evt", cb=event)
    await platform.subscribe(f"vm.{identity.uuid}.telemetry", cb=copy)
    await settled(platform)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/echo"], agent__telemetry_interval="1s")
    for kind in ("capabilities", "heartbeat", "telemetry"):
        await until(lambda kind=kind: any(each["type"] == kind for each in events), kind)
    await until(lambda: copies, "telemetry for clients")

    params = {"exec": {"command": "/bin/echo", "args": ["hello"]}, "telemetry.set_interval": {"interval_s": 5},
              "agent.cancel": {"command_id": str(uuid.uuid4())}}
    told_by = {}
    for operation in ALL_OPERATIONS:
        view = await operator.run(identity.uuid, operation, **params.get(operation, {}))
        told_by[operation] = view["state"]
    print("\nthrough the platform:", told_by)
    # There is nothing to cancel.
    assert told_by.pop("agent.cancel") in ("failed", "completed", "rejected")
    assert set(told_by.values()) == {"completed"}

    # Like the existing platform: the reply subject is in the envelope and on the message.
    answered = {}
    for operation in ALL_OPERATIONS:
        inbox = platform.new_inbox()
        answer = asyncio.get_running_loop().create_future()

        async def take(message, answer=answer):
            if not answer.done():
                answer.set_result(json.loads(message.data))
        await platform.subscribe(inbox, cb=take)
        envelope = {"v": 1, "id": str(uuid.uuid4()), "type": "command", "agent_type": "vm", "agent_uuid": identity.uuid,
                    "timestamp": 0, "reply_to": inbox, "payload": {"operation": operation, "params": params.get(operation)}}
        await platform.publish(f"agent.vm.{identity.uuid}.cmd", json.dumps(envelope).encode(), reply=inbox)
        answered[operation] = (await asyncio.wait_for(answer, 20))["payload"]
        assert answered[operation]["command_id"] == envelope["id"]
    print("to reply_to:", {operation: result["status"] for operation, result in answered.items()})
    del answered["agent.cancel"]
    assert {result["status"] for result in answered.values()} == {"completed"}
    ids = [each["payload"]["command_id"] for each in events if each["type"] == "result"]
    assert not set(ids) & {result["command_id"] for result in answered.values()}, "answered twice"
    assert not agent.log("permissions violation"), "the agent lacks a permission"
    assert "Permissions Violation" not in agent.log_path.read_text(encoding="utf-8")

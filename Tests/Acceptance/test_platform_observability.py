"""Metrics, the audit record, roles and secrets of the platform as seen from outside."""

import asyncio
import json
import os
import pathlib
import re
import stat
import uuid

import pytest

import nats.errors

from harness import prometheus
from harness.fleet import Fleet
from harness.operator import APIFailure
from harness.waiting import settled
from harness.wire import Wire


def listeners(pid):
    """The addresses, in hexadecimal, on which a process listens."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.append(fields[1])
    return found


async def test_metrics_are_prometheus_text_on_loopback(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator, labels={"env": "prod"})
    agent = fleet.agent(identity)
    await agent.connected()
    await operator.alive(identity.uuid)
    assert (await operator.run(identity.uuid, "system.info"))["state"] == "completed"
    assert (await operator.run(identity.uuid, "exec", command="/bin/false"))["state"] == "rejected"

    answer = await fleet.metrics()
    assert answer["type"].startswith("text/plain"), answer["type"]
    families = prometheus.parse(answer["text"])
    print(f"\n{len(families)} families, {sum(len(family.samples) for family in families.values())} samples:")
    for family in families.values():
        print(f"  {family.type:<10} {family.name}")
    for family in families.values():
        assert family.type in ("counter", "gauge", "histogram"), f"{family.name}: {family.type}"
        assert family.help, f"{family.name} has no help"
        assert family.name.startswith(("plusclouds_", "process_")), family.name
        if family.type == "counter":
            assert family.name.endswith("_total"), family.name
            assert all(value >= 0 for _, _, value in family.samples)
        if family.type == "histogram":
            buckets = [(labels["le"], value) for name, labels, value in family.samples if name.endswith("_bucket")]
            assert buckets[-1][0] == "+Inf"
            assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    text = answer["text"]
    assert re.search(r"^plusclouds_agents\{.*alive.*\} 1$", text, re.M), "the agent that is alive is not counted"
    for wanted in ("callout", "command", "leader"):
        assert any(wanted in name for name in families), f"nothing about: {wanted}"
    # It listens on the loopback only, and on no other address.
    addresses = listeners(fleet.instances[0].process.pid)
    print("listens on", addresses)
    assert addresses and all(address.startswith("0100007F:") for address in addresses)


async def test_the_audit_record_cannot_be_changed(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/sh"])
    await agent.connected()
    view = await operator.run(identity.uuid, "exec", command="/bin/sh", args=["-c", "exit 3"])
    entries = await operator.call("audit.list", object=view["id"])
    print("\n" + "\n".join(json.dumps(entry) for entry in entries))
    sent = next(entry for entry in entries if entry["action"] == "commands.submit")
    ended = next(entry for entry in entries if entry["action"] == "command.ended")
    # Operator, action, target, result.
    assert sent["by"] == "admin" and identity.uuid in json.dumps(sent) and "exec" in json.dumps(sent)
    assert "failed" in json.dumps(ended) and identity.uuid in json.dumps(ended)
    await operator.call("agents.revoke", agent=identity.uuid, reason="end of the test")
    actions = {entry["action"]: entry for entry in await operator.call("audit.list", object=identity.uuid)}
    assert {"agents.enroll", "agents.revoke"} <= set(actions)
    assert "end of the test" in json.dumps(actions["agents.revoke"])

    # No operator, not even an admin, has access to its stream.
    wire = await Wire.connect(fleet.urls[0], operator.name, operator.token)
    for subject in ("$JS.API.STREAM.DELETE.PLS_AUDIT", "$JS.API.STREAM.PURGE.PLS_AUDIT", "$JS.API.STREAM.MSG.DELETE.PLS_AUDIT",
                    "$JS.API.STREAM.UPDATE.PLS_AUDIT", "pls.audit.admin", "pls.record.entry.admin",
                    "pls.record.STREAM.INFO.PLS_AUDIT", "pls.record.DIRECT.GET.PLS_AUDIT", "$KV.pls-operators.admin", "agent.vm.x.cmd"):
        error = await wire.publish(subject, json.dumps({"seq": 1}))
        assert error and "Permissions Violation" in error, f"{subject}: {error}"
    await wire.close()
    # Nor does the server remove entries, not even for the platform's own key.
    client = await fleet.as_platform()

    async def info():
        return json.loads((await client.request("pls.record.STREAM.INFO.PLS_AUDIT", b"", timeout=5)).data)
    before = (await info())["state"]["messages"]
    for what, body in (("PURGE", {}), ("MSG.DELETE", {"seq": 1}), ("DELETE", {}), ("UPDATE", {}), ("RESTORE", {})):
        # Its account does not import this request, so there is no answer.
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request(f"pls.record.STREAM.{what}.PLS_AUDIT", json.dumps(body).encode(), timeout=5)
    after = await info()
    assert after["config"]["deny_delete"] and after["config"]["deny_purge"] and after["config"]["discard"] == "new"
    assert after["state"]["messages"] == before


async def test_the_server_enforces_roles(lab):
    """The server refuses what a role does not permit; permitted requests reach only the operator's own subjects."""
    fleet = await Fleet(lab).start()
    admin = await fleet.operator()
    identity = await fleet.enrol(admin)
    people = {}
    for name, role in (("viola", "viewer"), ("otto", "operator")):
        issued = await admin.call("operators.add", name=name, role=role)
        assert issued["subject"] == name and issued["token"].startswith("plso_")
        people[name] = await fleet.operator_with(name, issued["token"])
    assert set(await people["viola"].agents()) == {identity.uuid}
    await people["otto"].call("agents.label", agent=identity.uuid, set={"env": "test"}, remove=[])
    may = {"viola": ["agents.list"], "otto": ["agents.list", "commands.submit", "agents.label"]}
    for name, person in people.items():
        wire = await Wire.connect(fleet.urls[0], name, person.token)
        for method in ("agents.list", "commands.submit", "agents.label", "agents.enroll", "operators.add", "audit.list"):
            error = await wire.publish(f"pls.api.{name}.{method}", "{}")
            assert (error is None) == (method in may[name]), f"{name} {method}: {error}"
        for subject in ("pls.api.admin.agents.list", f"agent.vm.{identity.uuid}.cmd"):
            assert await wire.publish(subject, "{}")
        for subject in ("_INBOX_admin.>", "_INBOX.>", ">", "pls.done.admin.*", "pls.api.>", "$KV.>"):
            assert await wire.subscribe(subject), subject
        assert await wire.subscribe(f"_INBOX_{name}.>") is None
        await wire.close()

    # The platform may publish everything, so the caller must not choose the subject of its reply.
    client = await fleet.as_platform()
    seen = []

    async def see(message):
        seen.append((message.subject, message.data))
    for subject in ("pls.api.admin.>", "$KV.pls-operators.>", "agent.vm.*.cmd"):
        await client.subscribe(subject, cb=see)
    await settled(client)
    agents = set(await admin.agents())
    wire = await Wire.connect(fleet.urls[0], "viola", people["viola"].token)
    seen.clear()
    for reply in ("pls.api.admin.agents.enroll", "pls.api.admin.enrolments.create", "$KV.pls-operators.admin",
                  f"agent.vm.{identity.uuid}.cmd", "$JS.API.STREAM.PURGE.VM_TELEMETRY"):
        await wire.publish("pls.api.viola.platform.status", "{}", reply=reply)
    await wire.publish("pls.api.viola.platform.status", "{}", reply="_INBOX_viola.x")
    # Its own request is answered after the earlier ones were processed.
    await people["viola"].call("platform.status")
    await settled(client)
    stray = [each for each in seen if b'"ok"' in each[1]]
    await wire.close()
    assert not stray, f"the platform published on a subject chosen by a viewer: {stray}"
    assert set(await admin.agents()) == agents
    with pytest.raises(APIFailure) as missing:
        await admin.once("no.such.method")
    assert missing.value.code == "unknown_method"


async def test_secrets_appear_only_in_their_files(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity)
    await agent.connected()
    issued = await operator.call("agents.rotate", agent=identity.uuid)
    enrolment = await operator.call("enrolments.create")
    fleet.secrets += [issued["token"], enrolment["token"]]
    wrong = f"plsa_{uuid.uuid4().hex}{uuid.uuid4().hex}"
    fleet.secrets.append(wrong)
    with pytest.raises(AssertionError):
        await Wire.connect(fleet.urls[0], identity.uuid, wrong)

    # Files with a secret are readable by their owner only.
    holders = []
    for root, _, names in os.walk(lab.folder):
        for name in names:
            path = pathlib.Path(root, name)
            content = path.read_bytes()
            if any(secret.encode() in content for secret in fleet.secrets):
                holders.append((str(path.relative_to(lab.folder)), stat.S_IMODE(path.stat().st_mode)))
    print("\n" + "\n".join(f"{mode:04o} {name}" for name, mode in holders))
    assert any("contexts.yaml" in name for name, _ in holders)
    assert all(mode & 0o077 == 0 for _, mode in holders)
    # JetStream's files, including the registry, contain hashes.
    assert not [name for name, _ in holders if "jetstream" in name]
    for process in [*fleet.instances, *lab.agents, *fleet.servers]:
        arguments = pathlib.Path(f"/proc/{process.process.pid}/cmdline").read_bytes()
        assert not any(secret.encode() in arguments for secret in fleet.secrets)
    # No answer of the platform contains a secret again.
    for method in ("agents.list", "operators.list", "enrolments.list", "audit.list", "platform.status"):
        answer = json.dumps(await operator.call(method))
        assert not any(secret in answer for secret in fleet.secrets), method
    answer = json.dumps(await operator.call("agents.show", agent=identity.uuid))
    assert not any(secret in answer for secret in fleet.secrets)
    assert fleet.leaks() == []

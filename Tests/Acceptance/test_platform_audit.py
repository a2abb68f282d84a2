"""The audit record: its subjects can neither displace nor remove entries, and no change is made without an entry."""

import asyncio
import json

import pytest

from harness.fleet import Fleet
from harness.initialised import InitialisedFleet
from harness.operator import APIFailure
from harness.record_attacks import WAYS
from harness.waiting import until
from harness.wire import Wire


async def fill(operator, uuid, attempts=4000):
    """Makes changes until the platform refuses one. Returns the refusal."""
    for number in range(attempts):
        try:
            await operator.once("agents.label", agent=uuid, set={"number": str(number), "text": "x" * 200})
        except APIFailure as failure:
            return failure
    return None


async def audit_sequence(fleet):
    """The first and last sequence of the record's stream."""
    client = await fleet.as_platform()
    reply = await client.request("pls.record.STREAM.INFO.PLS_AUDIT", b"", timeout=5)
    state = json.loads(reply.data)["state"]
    return state["first_seq"], state["last_seq"]


async def test_an_operator_cannot_displace_entries_of_the_record(lab):
    fleet = await Fleet(lab).start(streams__audit={"max_bytes": "1MiB"})
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    refusal = await fill(operator, identity.uuid)
    assert refusal is not None and refusal.code == "busy", refusal
    assert (await audit_sequence(fleet))[0] == 1, "the first entry was pushed out"
    # Other operators are not affected.
    await fleet.add_operator("bob", "admin")
    other = await fleet.operator("bob")
    await other.call("agents.label", agent=identity.uuid, set={"by": "bob"})


async def test_a_full_record_refuses_every_change(lab):
    fleet = await Fleet(lab).start(streams__audit={"max_bytes": "1MiB"})
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    command = await operator.call("commands.submit", agent=identity.uuid, operation="system.info", params={})
    client = await fleet.as_platform()
    # The entries of a fleet in a year.
    for _ in range(20):
        await client.publish("pls.record.entry.test", b"x" * 60_000)
    await client.flush()
    for size in (10_000, 1_000, 100, 10):
        while b"err" not in (await client.request("pls.record.entry.test", b"x" * size, timeout=5)).data:
            pass
    before = await operator.agents()
    changes = {
        "agents.enroll": {}, "agents.rotate": {"agent": identity.uuid}, "agents.revoke": {"agent": identity.uuid},
        "agents.label": {"agent": identity.uuid, "set": {"a": "b"}}, "enrolments.create": {},
        "operators.add": {"name": "eve", "role": "admin"},
        "commands.submit": {"agent": identity.uuid, "operation": "system.info"}, "commands.cancel": {"id": command["id"]},
    }
    for method, params in changes.items():
        with pytest.raises(APIFailure) as refused:
            await operator.once(method, **params)
        assert refused.value.code == "unavailable" and "full" in refused.value.message, (method, refused.value)
    assert await operator.agents() == before
    assert (await operator.call("commands.show", id=command["id"]))["state"] == "pending", "it was cancelled unrecorded"
    assert [entry["name"] for entry in await operator.call("operators.list")] == ["admin"]
    assert (await operator.call("platform.status"))["audit_used_pct"] > 99
    await until(lambda: "filling up" in fleet.instances[0].process.log_text() or None, "the warning in the log")


async def attacked(fleet, way):
    """Tries one attack with all keys of the platform; the record must be unchanged and accept entries."""
    operator = await fleet.operator()
    agents = [(await fleet.enrol(operator)).uuid for _ in range(3)]
    before = await operator.call("audit.list", limit=1000)
    assert len(before) >= 3
    client, system = await fleet.as_platform(), await fleet.as_platform(account="system")
    got_in = await way(fleet, client, system)
    # Time for actions of the servers, such as scheduled messages.
    await asyncio.sleep(1.5)
    await operator.once("agents.label", agent=agents[0], set={"after": "this"})
    after = await operator.call("audit.list", limit=1000)
    assert [entry for entry in after if entry in before] == before, "entries are gone"
    newest = [entry for entry in after if entry not in before]
    assert [entry["action"] for entry in newest if entry["object"] == agents[0]] == ["agents.label"], newest
    return got_in


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_the_platforms_keys_cannot_remove_the_record(lab, way):
    assert not await attacked(await InitialisedFleet(lab).start(), way)


async def test_the_platforms_keys_cannot_remove_the_record_of_a_cluster(lab):
    fleet = await InitialisedFleet(lab).start(servers=3)
    for way in WAYS:
        assert not await attacked(fleet, way), way
    # Nor can any of them read, or take part in, the consensus of the servers.
    seen = []

    async def see(message):
        seen.append(message.subject)
    for key in ("platform", "system"):
        client = await fleet.as_platform(account=key)
        await client.subscribe("$NRG.>", cb=see)
        await client.flush()
    operator = await fleet.operator()
    await fleet.enrol(operator)
    assert not seen


async def test_the_limits_of_the_record_change_only_while_the_servers_allow_it(lab):
    fleet = await Fleet(lab).start()
    instance, server = fleet.instances[0], fleet.servers[0]
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)

    async def limit():
        client = await fleet.as_platform()
        return json.loads((await client.request("pls.record.STREAM.INFO.PLS_AUDIT", b"", timeout=5)).data)["config"]["max_bytes"]
    instance.settings["streams"]["audit"] = {"max_bytes": "2MiB"}

    async def restarted():
        await instance.stop()
        instance.start()
        await instance.ready()
        return await limit(), await fleet.platform("check", "--config", str(instance.config_path))
    bytes_kept, check = await restarted()
    assert bytes_kept == 1 << 30 and "differs from the configuration" in instance.process.log_text()
    assert check.code == 0 and "warning" not in check.out.replace(ownership_warnings(check.out), ""), check
    fleet.record_requests.append("STREAM.UPDATE")
    server.extra = fleet._server_options()  # pylint: disable=protected-access
    await server.reload()
    bytes_kept, check = await restarted()
    assert bytes_kept == 2 << 20
    assert check.code == 0 and "STREAM.UPDATE" in check.out, check
    assert "enroll" in str(await operator.call("audit.list", object=identity.uuid))


def ownership_warnings(text):
    """Warnings about files, which depend on the machine of the tests."""
    return "\n".join(line for line in text.splitlines() if "chown" in line or "chmod" in line)


async def test_a_cancellation_is_recorded_before_it_is_made(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    command = await operator.call("commands.submit", agent=identity.uuid, operation="system.info", params={})
    await operator.call("commands.cancel", id=command["id"])
    entries = await operator.call("audit.list", object=command["id"])
    actions = [entry["action"] for entry in reversed(entries)]
    assert actions == ["commands.submit", "commands.cancel", "command.ended"], entries


def earlier(fleet):
    """The accounts of an earlier version: the record in the account of the fleet, the platform in the system account."""
    options = fleet._server_options()  # pylint: disable=protected-access
    keys = {name: pair.public for name, pair in fleet.keys.items()}
    return {**options, "accounts": {
        "FLEET": {"jetstream": "enabled", "users": [{"nkey": keys["platform"]}]},
        "SYS": {"users": [{"nkey": keys["system"]}]}}}


async def test_a_record_of_an_earlier_version_is_kept_and_named(lab):
    fleet = Fleet(lab)
    server = fleet.add_servers()[0]
    new, server.extra = server.extra, earlier(fleet)
    await server.start()
    client = await fleet.as_platform()
    old = {"name": "PLS_AUDIT", "subjects": ["pls.audit.>"], "max_bytes": 1 << 20, "discard": "new", "deny_delete": True,
           "deny_purge": True, "storage": "file", "retention": "limits", "num_replicas": 1, "max_msg_size": 131072,
           "allow_direct": True, "max_age": 400 * 86400 * 10**9}
    await client.request("$JS.API.STREAM.CREATE.PLS_AUDIT", json.dumps(old).encode(), timeout=5)
    await client.request("pls.audit.test", b'{"at":1,"by":"ada","action":"test","object":"kept","details":null}', timeout=5)
    instance = fleet.add_instance()
    instance.write()
    for command in ("serve", "check"):
        outcome = await fleet.platform(command, "--config", str(instance.config_path))
        lines = [line for line in (outcome.out + outcome.err).splitlines() if "account AUDIT" in line]
        assert outcome.code == 69 and len(lines) == 1 and "Upgrading" in lines[0], outcome
    # The new accounts need a restart of the server: imports of the system account are not added by a reload.
    server.extra = new
    await server.reload()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 69 and "restarted, not reloaded" in outcome.out, outcome
    await server.stop()
    await server.start()
    await fleet.add_operator("admin", "admin")
    instance.start()
    await instance.ready()
    warnings = [line for line in instance.process.log_text().splitlines() if "earlier version" in line]
    assert len(warnings) == 1 and "(1 entries)" in warnings[0], warnings
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    # It still exists, but is no longer written or listed.
    assert await operator.call("audit.list", object="kept") == []
    client = await fleet.as_platform()
    state = json.loads((await client.request("$JS.API.STREAM.INFO.PLS_AUDIT", b"", timeout=5)).data)["state"]
    assert state["messages"] == 1, state
    # Connections can be closed as before.
    wire = await Wire.connect(fleet.urls[0], identity.uuid, identity.key)
    await operator.call("agents.revoke", agent=identity.uuid)
    await until(lambda: not wire.open, "a connection that is ended")


PLANTED = [{"republish": {"src": "pls.audit.boom", "dest": "$JS.API.STREAM.DELETE.PLS_AUDIT", "headers_only": True}},
           {"max_age": 2_000_000_000}, {"retention": "interest"}, {"max_msgs_per_subject": 1}, {"discard": "old"},
           {"sources": [{"name": "OTHER"}]}]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: next(iter(planted)))
async def test_a_record_with_another_configuration_is_rejected(lab, planted):
    """A stream that a holder of the platform's key created before the platform."""
    fleet = Fleet(lab)
    await fleet.add_servers()[0].start()
    client = await fleet.as_platform()
    wanted = {"name": "PLS_AUDIT", "subjects": ["pls.audit.>"], "max_bytes": 1 << 30, "discard": "new", "deny_delete": True,
              "deny_purge": True, "storage": "file", "retention": "limits", "num_replicas": 1, "max_msg_size": 131072,
              "allow_direct": True, "max_age": 400 * 86400 * 10**9, **planted}
    reply = await client.request("pls.record.STREAM.CREATE.PLS_AUDIT", json.dumps(wanted).encode(), timeout=5)
    assert "error" not in json.loads(reply.data), reply.data
    instance = fleet.add_instance()
    instance.write()
    for command in ("serve", "check"):
        outcome = await fleet.platform(command, "--config", str(instance.config_path))
        lines = [line for line in (outcome.out + outcome.err).splitlines() if "not as the platform makes it" in line]
        assert outcome.code == 69 and len(lines) == 1 and next(iter(planted)) in lines[0], outcome


async def test_acknowledgements_of_other_streams_are_ignored(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    client = await fleet.as_platform()
    made = await client.request("$JS.API.STREAM.CREATE.OTHER", json.dumps(
        {"name": "OTHER", "subjects": ["pls.record.>"], "storage": "memory"}).encode(), timeout=5)
    assert "error" not in json.loads(made.data)
    labelled = 0
    for number in range(20):
        try:
            await operator.once("agents.label", agent=identity.uuid, set={"number": str(number)})
            labelled += 1
        except APIFailure as failure:
            assert failure.code == "unavailable", failure
    instance = fleet.instances[0]
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 69 and "OTHER" in outcome.out, outcome
    await instance.stop()
    outcome = await fleet.platform("serve", "--config", str(instance.config_path))
    assert outcome.code == 69 and "OTHER" in outcome.out + outcome.err, outcome
    await client.request("$JS.API.STREAM.DELETE.OTHER", b"", timeout=5)
    instance.start()
    await instance.ready()
    entries = [entry for entry in await operator.call("audit.list", object=identity.uuid) if entry["action"] == "agents.label"]
    print(f"\n{labelled} of 20 changes made, {len(entries)} recorded")
    assert len(entries) >= labelled, "a change was made unrecorded"


@pytest.mark.parametrize("user", ["platform", "system"])
async def test_check_warns_of_accounts_that_reach_the_record(lab, user):
    fleet = Fleet(lab)
    server = fleet.add_servers()[0]
    accounts = server.extra["accounts"]
    if user == "system":
        accounts["SYS"] = {"users": accounts["CONTROL"].pop("users"), "exports": accounts["SYS"]["exports"]}
    else:
        for what in ("DELETE", "PURGE"):
            subject = f"$JS.API.STREAM.{what}.PLS_AUDIT"
            accounts["AUDIT"]["exports"].append({"service": subject, "accounts": ["FLEET"]})
            accounts["FLEET"]["imports"].append(
                {"service": {"account": "AUDIT", "subject": subject}, "to": f"pls.record.STREAM.{what}.PLS_AUDIT"})
    await server.start()
    instance = fleet.add_instance()
    await fleet.add_operator("admin", "admin")
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    expected = ["STREAM.DELETE", "STREAM.PURGE"] if user == "platform" else ["system account"]
    for words in expected:
        assert [line for line in outcome.out.splitlines() if line.startswith("warning") and words in line], outcome
    assert outcome.code == 0
    # The trial requests had no effect.
    client = await fleet.as_platform()
    state = json.loads((await client.request("pls.record.STREAM.INFO.PLS_AUDIT", b"", timeout=5)).data)["state"]
    assert state["messages"] >= 1, state

"""A full store of JetStream: it is reported, failed changes are marked, and the platform recovers."""

import asyncio
import json
import re
import urllib.error
import urllib.request

from harness.fleet import Fleet
from harness.operator import APIFailure
from harness.small_store import SmallStore
from harness.waiting import until


def _get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8")


async def health(fleet, number=0):
    """Status and text of an instance's /healthz."""
    url = fleet.instances[number].metrics_url.replace("/metrics", "/healthz")
    return await asyncio.to_thread(_get, url)


async def eventually(question, what, deadline=30.0):
    """Repeats the question until the answer is true. Returns the answer."""
    end = asyncio.get_running_loop().time() + deadline
    while not (answer := await question()):
        assert asyncio.get_running_loop().time() < end, f"not within {deadline:g} s: {what}"
        await asyncio.sleep(0.2)
    return answer


async def fleet_with_store(lab, jetstream):
    fleet = Fleet(lab)
    make = lab.new_server

    def new_server(**options):
        server = make(**options)
        server.extra = {**server.extra, "jetstream": jetstream}
        return server
    lab.new_server = new_server
    small = {"max_bytes": "8MiB"}
    return await fleet.start(streams__telemetry=small, streams__events=small, streams__commands=small, streams__results=small,
                             streams__audit=small)


async def refusal(operator, method, **params):
    try:
        await operator.once(method, timeout=31, **params)
    except APIFailure as failure:
        assert failure.code == "unavailable", failure
        return failure.message
    return None


async def unhealthy(fleet):
    status, text = await health(fleet)
    return text if status == 503 else None


async def healthy(fleet):
    return (await health(fleet))[0] == 200


async def test_a_full_disk_is_reported_and_failed_changes_are_marked(lab):
    store = SmallStore(lab, "48m")
    fleet = await fleet_with_store(lab, store.options())
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity)
    await agent.connected()
    await operator.alive(identity.uuid)
    assert await healthy(fleet)

    store.fill()
    # Before the platform detects it, a submission may fail after it was recorded.
    refusals = []

    async def refused():
        refusals.append(await refusal(
            operator, "commands.submit", agent=identity.uuid, operation="system.info", params={"text": "x" * 3000}))
        return await unhealthy(fleet)
    text = await eventually(refused, "503", 45)
    print("healthz:", text)
    assert text.endswith("\n") and text.count("\n") == 1, "one line"
    assert "JetStream's store" in text and "store_dir" in text

    # Changes are refused at once, with the reason.
    began = asyncio.get_running_loop().time()
    message = await refusal(operator, "agents.label", agent=identity.uuid, set={"a": "b"})
    took = asyncio.get_running_loop().time() - began
    print("refused after", took, "s:", message)
    assert took < 2 and "nothing was done" in message and "JetStream's store" in message
    assert "no reply to" not in message
    metrics = (await fleet.metrics())["text"]
    assert re.search(r"^plusclouds_store_writable 0$", metrics, re.M)
    assert "JetStream stores no messages" in fleet.instances[0].process.log_text()
    # A leader that cannot renew its lease loses it.

    async def leaderless():
        return (await operator.once("platform.status")).get("leader") is None
    await eventually(leaderless, "no leader", 45)
    status = await operator.once("platform.status")
    assert any("JetStream's store" in problem for problem in status["problems"]), status
    shown = await fleet.plsctl("status")
    assert "none" in shown.out and "JetStream's store" in shown.out, shown

    store.empty()
    # Servers that keep refusing after a failed write are restarted, as the message advises.
    assert "restart nats-server" in (await health(fleet))[1]
    await fleet.servers[0].stop()
    await fleet.servers[0].start()

    async def recovered():
        return await healthy(fleet)
    await eventually(recovered, "200 after there is room", 60)
    await operator.call("agents.label", deadline=60, agent=identity.uuid, set={"after": "this"})
    view = await operator.run(identity.uuid, "system.info", deadline=60)
    assert view["state"] == "completed"
    assert "JetStream stores messages again" in fleet.instances[0].process.log_text()
    assert re.search(r"^plusclouds_store_writable 1$", (await fleet.metrics())["text"], re.M)

    async def marked():
        """Whether each recorded command exists, or its entry was reverted."""
        entries = await operator.call("audit.list", limit=1000)
        known = {view["id"] for view in await operator.call("commands.list", limit=1000)}
        submitted = [entry for entry in entries if entry["action"] == "commands.submit" and "outcome" not in entry["details"]]
        failed = {(entry["object"], entry["details"]["began_at"]) for entry in entries
                  if isinstance(entry["details"], dict) and entry["details"].get("outcome") == "failed"}
        orphans = [entry for entry in submitted if entry["object"] not in known and (entry["object"], entry["at"]) not in failed]
        print(len(submitted), "recorded,", len(failed), "taken back,", len(orphans), "orphans")
        return not orphans or None
    await eventually(marked, "entries of commands that do not exist are taken back", 30)


async def test_a_full_stream_is_reported_and_recovers(lab):
    store = SmallStore(lab, "200m")
    fleet = await fleet_with_store(lab, store.options())
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    # An administrator limits a stream to less than its size.
    client = await fleet.as_platform()
    reply = json.loads((await client.request(
        "$JS.API.STREAM.UPDATE.KV_pls-leases", json.dumps({
            **json.loads((await client.request("$JS.API.STREAM.INFO.KV_pls-leases", b"", timeout=5)).data)["config"],
            "max_bytes": 1024}).encode(), timeout=5)).data)
    assert "error" not in reply, reply

    async def bad():
        return await unhealthy(fleet)
    text = await eventually(bad, "503", 45)
    print("healthz:", text)
    assert "JetStream's store is full" in text and "maximum bytes" in text and text.count("\n") == 1
    message = await refusal(operator, "agents.label", agent=identity.uuid, set={"a": "b"})
    assert "JetStream's store is full" in message, message
    await client.request("$JS.API.STREAM.UPDATE.KV_pls-leases", json.dumps({
        **json.loads((await client.request("$JS.API.STREAM.INFO.KV_pls-leases", b"", timeout=5)).data)["config"],
        "max_bytes": -1}).encode(), timeout=5)

    async def good():
        return await healthy(fleet)
    await eventually(good, "200", 60)
    await operator.call("agents.label", agent=identity.uuid, set={"a": "b"})


async def test_check_verifies_the_storage_that_serve_needs(lab):
    fleet = Fleet(lab)
    for server in fleet.add_servers():
        server.extra = {**server.extra, "jetstream": {"store_dir": str(server.folder / "jetstream"), "max_file": 3 << 30}}
        await server.start()
    instance = fleet.add_instance()
    instance.write()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    print(outcome)
    assert outcome.code == 69, outcome
    line = next(line for line in outcome.out.splitlines() + outcome.err.splitlines() if "room for" in line)
    assert "3GiB of the 3.5GiB" in line and "streams.audit.max_bytes (PLS_AUDIT, 1GiB)" in line and "max_file_store" in line, line
    # Provisioning fails as `check` predicts.
    failed = await fleet.platform("operator", "add", "admin", "--role", "admin", "--config", str(instance.config_path))
    assert failed.code == 69 and "plusclouds-platform check" in failed.err + failed.out, failed

    # Lowering the named keys solves it.
    instance.settings["streams"]["audit"] = {"max_bytes": "256MiB"}
    instance.settings["buckets"] = {"commands": {"max_bytes": "64MiB"}, "fleet": {"max_bytes": "64MiB"}}
    instance.write()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 0 and "room" in outcome.out, outcome
    await fleet.add_operator("admin", "admin")
    instance.start()
    await instance.ready()
    client = await fleet.as_platform()
    info = json.loads((await client.request("$JS.API.STREAM.INFO.KV_pls-commands", b"", timeout=5)).data)
    assert info["config"]["max_bytes"] == 64 << 20
    # Storage that is already reserved is not counted again.
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 0, outcome


async def test_check_counts_replicas_and_the_limits_of_the_account(lab):
    fleet = Fleet(lab)
    for server in fleet.add_servers(3):
        server.extra = {**server.extra, "jetstream": {"store_dir": str(server.folder / "jetstream"), "max_file": 3 << 30}}
        await server.start()
    await until(lambda: any("new metadata leader" in server.process.log_text() for server in fleet.servers), "a leader", 60)
    instance = fleet.add_instance()
    instance.write()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 69 and "3GiB of the 3.5GiB" in outcome.out + outcome.err, outcome
    instance.settings["streams"]["replicas"] = 1
    instance.write()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 0, outcome
    for server in fleet.servers:
        server.extra["accounts"]["FLEET"]["jetstream"] = {"max_file": 1 << 30}
        await server.reload()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == 69 and "the limits of the account leave room for 1GiB" in outcome.out + outcome.err, outcome

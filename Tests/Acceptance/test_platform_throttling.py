"""Authentication failures are throttled; a valid token is always accepted."""

import asyncio
import contextlib
import json
import time
import uuid

from harness import prometheus
from harness.agent import Identity
from harness.fleet import Fleet
from harness.waiting import until
from harness.wire import Refused, Wire


async def attempt(url, user, token):
    """Whether the connection is accepted."""
    try:
        await (await Wire.connect(url, user, token)).close()
        return True
    except (Refused, OSError, asyncio.TimeoutError):
        return False


@contextlib.asynccontextmanager
async def attack(url, name, workers=8, per_second=100):
    """Sends wrong tokens from this address for the names of `name` until the end. Yields the number of refusals."""
    count = [0]
    ending = asyncio.Event()

    async def work():
        while not ending.is_set():
            began = time.monotonic()
            assert not await attempt(url, name(), f"plsa_wrong-{uuid.uuid4().hex}")
            count[0] += 1
            await asyncio.sleep(max(0.0, workers / per_second - (time.monotonic() - began)))
    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    try:
        yield count
    finally:
        # Not cancelled, so that the platform has answered all of them when the test ends.
        ending.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [error for error in ended if isinstance(error, AssertionError)]


def throttled(instance):
    """The entries about throttling in the platform's log."""
    entries = [json.loads(line) for line in instance.process.log_text().splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry["message"] == "authentication failures throttled"]


async def metric(fleet, name):
    families = prometheus.parse((await fleet.metrics())["text"])
    return {json.dumps(labels): value for _, labels, value in families[name].samples}


async def test_wrong_tokens_do_not_lock_out_an_agent(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    url = fleet.urls[0]
    for _ in range(12):
        assert not await attempt(url, identity.uuid, f"plsa_wrong-{uuid.uuid4().hex}")
    assert await attempt(url, identity.uuid, identity.key), "12 wrong tokens lock the right one out"
    async with attack(url, lambda: identity.uuid) as refused:
        await until(lambda: refused[0] > 50, "an attack that goes on")
        accepted = [await attempt(url, identity.uuid, identity.key) for _ in range(36)]
        agent = fleet.agent(identity)
        await agent.connected()
        # A token that was just issued is accepted as well.
        rotated = await operator.call("agents.rotate", agent=identity.uuid)
        fleet.secrets.append(rotated["token"])
        assert await attempt(url, identity.uuid, rotated["token"])
        print(f"\n{sum(accepted)} of 36 accepted beside {refused[0]} wrong tokens")
    assert all(accepted)
    blamed = [entry for entry in agent.log() if "uthoriz" in json.dumps(entry) or "uthentic" in json.dumps(entry)]
    assert not blamed, blamed
    entry = throttled(fleet.instances[0])[0]
    assert entry["user"] == identity.uuid and entry["address"] == "127.0.0.1" and int(entry["failures"]) > 10, entry
    assert len(throttled(fleet.instances[0])) <= 3, "one line a minute"
    assert (await metric(fleet, "plusclouds_callout_throttled_total"))['{"kind": "agent"}'] >= 1
    refusals = [entry for entry in await operator.call("audit.list", limit=200) if entry["action"] == "agent.refused"]
    assert len(refusals) <= 2, "throttled failures are not audited"


async def test_wrong_tokens_do_not_lock_out_an_operator(lab):
    fleet = await Fleet(lab).start()
    async with attack(fleet.urls[0], lambda: "admin") as refused:
        await until(lambda: refused[0] > 50, "an attack that goes on")
        for _ in range(3):
            outcome = await fleet.plsctl("agents", "list")
            assert outcome.code == 0
    assert throttled(fleet.instances[0])[0]["user"] == "admin"


async def test_unknown_names_do_not_prevent_enrollment(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    url = fleet.urls[0]
    watcher = await fleet.as_platform()

    async def requests():
        return (await watcher.jetstream().account_info()).api.total
    for _ in range(120):
        assert not await attempt(url, str(uuid.uuid4()), f"plse_wrong-{uuid.uuid4().hex}")
    began, before = time.monotonic(), await requests()
    async with attack(url, lambda: str(uuid.uuid4())) as refused:
        await until(lambda: refused[0] > 50, "an attack that goes on")
        for _ in range(3):
            issued = await operator.call("enrolments.create")
            fleet.secrets.append(issued["token"])
            identity = Identity()
            identity.key = issued["token"]
            agent = fleet.agent(identity)
            await agent.connected()
            assert not [entry for entry in agent.log() if "uthoriz" in json.dumps(entry)], agent.log()
        made, took = await requests() - before, time.monotonic() - began
        print(f"\n3 of 3 enrolled; {refused[0]} unknown names cost {made} JetStream requests in {took:.1f} s")
    # For any number of names: three requests, at most four times a second, in addition to the other requests of the platform.
    assert made < 24 * took + 150
    entry = throttled(fleet.instances[0])[0]
    assert entry["user"] == "(unknown names)" and entry["address"] == "127.0.0.1", entry
    assert (await metric(fleet, "plusclouds_callout_throttled_total"))['{"kind": "unknown"}'] == 1

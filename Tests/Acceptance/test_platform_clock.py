"""An instance whose clock is off, beside one with a correct clock."""

import asyncio
import re
import time

from harness.clock import movable
from harness.fleet import Fleet
from harness.wire import Refused, Wire
from test_platform_store import eventually, health, unhealthy


async def logins(fleet, operator, count=20):
    """The durations of some authentications in seconds; infinite if refused."""
    async def one():
        began = time.monotonic()
        try:
            (await Wire.connect(fleet.urls[0], operator.name, operator.token)).abandon()
        except (Refused, OSError, asyncio.TimeoutError):
            return float("inf")
        return time.monotonic() - began
    return await asyncio.gather(*(one() for _ in range(count)))


async def both_start(fleet, offset):
    """Starts an instance with a correct clock, and a second one `offset` seconds ahead. Returns the setter of the second's clock."""
    fleet.add_servers()
    await fleet.servers[0].start()
    good, bad = fleet.add_instance(), fleet.add_instance()
    await fleet.add_operator("admin", "admin")
    good.start()
    await good.ready()
    clock = movable(fleet.folder / "offset", offset)
    bad.environment = clock.environment
    bad.start()
    await eventually(lambda: _answers(fleet), "/healthz of the second", 60)
    return clock


async def _answers(fleet):
    try:
        return await health(fleet, 1)
    except OSError:
        return None


async def test_an_instance_with_a_wrong_clock_authenticates_no_connections(lab):
    fleet = Fleet(lab)
    clock = await both_start(fleet, 180)
    operator = await fleet.operator()

    async def bad():
        status, text = await health(fleet, 1)
        return text if status == 503 else None
    text = await eventually(bad, "503 of the instance whose clock is off", 60)
    print("healthz:", text)
    assert re.fullmatch(r"the clock of this machine is 1[78]\d s ahead of the servers': .*NTP.*\n", text), text
    took = await logins(fleet, operator)
    print("logins:", [round(each, 2) for each in took])
    assert max(took) < 4, took
    # The other instance also has the requests and the lease.
    statuses = [await operator.once("platform.status") for _ in range(10)]
    assert len({status["instance"] for status in statuses}) == 1
    assert {status["leader"] for status in statuses} == {statuses[0]["instance"]}
    offset = re.search(r"^plusclouds_clock_offset_seconds (\S+)$", (await fleet.metrics(1))["text"], re.M)
    assert 170 < float(offset[1]) < 190
    assert abs(float(re.search(r"^plusclouds_clock_offset_seconds (\S+)$", (await fleet.metrics(0))["text"], re.M)[1])) < 5
    assert "the clock of this machine is" in fleet.instances[1].process.log_text()
    assert await unhealthy(fleet) is None

    clock.set(0)

    async def good():
        return (await health(fleet, 1))[0] == 200
    await eventually(good, "200 once the clock is right", 30)
    # It processes its share again.

    async def shares():
        return len({(await operator.once("platform.status"))["instance"] for _ in range(10)}) == 2
    await eventually(shares, "requests at both", 60)
    assert max(await logins(fleet, operator)) < 4

    clock.set(-180)
    text = await eventually(bad, "503 of the instance whose clock is behind", 60)
    assert " s behind the servers'" in text
    assert max(await logins(fleet, operator)) < 4
    outcome = await fleet.platform("check", "--config", str(fleet.instances[1].config_path), environment=clock.environment)
    assert outcome.code == 69 and "s behind the servers'" in outcome.out + outcome.err, outcome

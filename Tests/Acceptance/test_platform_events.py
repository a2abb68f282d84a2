"""An agent that publishes excessively does not displace the events of others."""

import json
import time
import uuid

import nats
import pytest

from harness.announcing import announcing
from harness.fleet import Fleet
from harness.waiting import DEADLINE_S, settled, until
from harness.wire import Wire


def alert(identity, number):
    return json.dumps({
        "v": 1, "id": str(uuid.uuid4()), "type": "alert", "agent_type": "vm", "agent_uuid": identity.uuid, "timestamp": 1748000000,
        "payload": {"severity": "info", "code": f"NUMBER_{number}", "message": "", "object_type": "system", "object_id": "x",
                    "details": {}}})


async def flood(fleet, identity, count, size, headers=None):
    """Publishes `count` events of `size` bytes over an agent's connection, as fast as the server accepts them."""
    async def error(reason):
        # A refusal or a closed connection is acceptable as well.
        del reason
    client = await nats.connect(
        servers=fleet.urls, user=identity.uuid, password=identity.key, name=f"plusclouds-vm-agent:{identity.uuid}",
        max_reconnect_attempts=-1, reconnect_time_wait=0.05, error_cb=error, pending_size=64 << 20)
    head = b'{"v":1,"id":"x","type":"progress","agent_type":"vm","timestamp":1,"payload":{"data":"'
    body = head + b"x" * (size - len(head) - 3) + b'"}}'
    for number in range(count):
        await client.publish(f"agent.vm.{identity.uuid}.evt", body, headers=headers)
        if number % 32 == 0:
            await client.flush(30)
    await settled(client)
    await client.close()


async def listed(operator, identity):
    events = await operator.call("events.list", agent=identity.uuid, limit=1000, types=["alert"])
    return len({event["payload"]["code"] for event in events})


async def stored(fleet, identity):
    """The number of events of an agent in the stream."""
    client = await fleet.as_platform()
    info = await client.jetstream().stream_info("AGENT_EVENTS", subjects_filter=f"agent.vm.{identity.uuid}.evt")
    return sum((info.state.subjects or {}).values())


async def all_listed(operator, identity, count, deadline=20.0):
    end = time.monotonic() + deadline
    while await listed(operator, identity) < count:
        assert time.monotonic() < end, f"not within {deadline:g} s: {count} events"


async def test_a_flood_of_events_affects_only_its_sender(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    victim, flooder = await fleet.enrol(operator), await fleet.enrol(operator)
    wire = await Wire.connect(fleet.urls[0], victim.uuid, victim.key)
    for number in range(86):
        assert await wire.publish(f"agent.vm.{victim.uuid}.evt", alert(victim, number)) is None
    await all_listed(operator, victim, 86)
    await flood(fleet, flooder, 1100, 1 << 20)
    kept = await listed(operator, victim)
    print(f"{kept} of 86 events kept beside 1,100 of 1 MiB")
    assert kept == 86
    assert await stored(fleet, flooder) == 0, "an event of 1 MiB was stored"
    # Events of the maximum size, more than the stream holds.
    await flood(fleet, flooder, 9_000, 128 << 10)
    kept = await listed(operator, victim)
    print(f"{kept} of 86 events kept beside 9,000 of 128 KiB in 1 GiB")
    assert kept == 86
    # A viewer that lists the remaining events does not break the platform's connection.
    for _ in range(8):
        await operator.call("events.list", types=["alert"], limit=1000)
    log = fleet.servers[0].process.log_text()
    assert "Slow Consumer" not in log, [line for line in log.splitlines() if "Slow Consumer" in line][:3]
    # Later events are not lost either.
    assert await wire.publish(f"agent.vm.{victim.uuid}.evt", alert(victim, 86)) is None
    await all_listed(operator, victim, 87)
    platform_log = fleet.instances[0].process.log_text()
    await until(lambda: any("more events than its share" in line and flooder.uuid in line
                            for line in fleet.instances[0].process.log_text().splitlines()), "the flooder in the log")
    assert victim.uuid not in "".join(line for line in platform_log.splitlines() if "share" in line)
    answer = await fleet.metrics()
    assert f'plusclouds_events_purged_bytes_total{{agent="{flooder.uuid}"}}' in answer["text"]
    await wire.close()


async def test_many_smaller_events_affect_only_their_sender(lab):
    fleet = await Fleet(lab).start(streams__events={"max_bytes": "256MiB"})
    operator = await fleet.operator()
    victim, flooder = await fleet.enrol(operator), await fleet.enrol(operator)
    wire = await Wire.connect(fleet.urls[0], victim.uuid, victim.key)
    for number in range(86):
        assert await wire.publish(f"agent.vm.{victim.uuid}.evt", alert(victim, number)) is None
    await all_listed(operator, victim, 86)
    # Fewer than the server's limit for one subject.
    await flood(fleet, flooder, 9_500, 32 << 10)
    kept = await listed(operator, victim)
    print(f"{kept} of 86 events kept beside 9,500 of 32 KiB in 256 MiB")
    assert kept == 86
    await wire.close()


async def test_the_server_limits_an_agent_without_a_platform(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    victim, flooder = await fleet.enrol(operator), await fleet.enrol(operator)
    wire = await Wire.connect(fleet.urls[0], victim.uuid, victim.key)
    flooding = await nats.connect(
        servers=fleet.urls, user=flooder.uuid, password=flooder.key, name=f"plusclouds-vm-agent:{flooder.uuid}",
        pending_size=64 << 20)
    for number in range(86):
        assert await wire.publish(f"agent.vm.{victim.uuid}.evt", alert(victim, number)) is None
    await all_listed(operator, victim, 86)
    fleet.instances[0].kill()
    # More than the stream holds.
    for number in range(4_300):
        await flooding.publish(f"agent.vm.{flooder.uuid}.evt", b"x" * (256 << 10))
        if number % 32 == 0:
            await flooding.flush(30)
    await settled(flooding)
    await flooding.close()
    left = await stored(fleet, victim), await stored(fleet, flooder)
    print(f"{left[0]} events of the one agent, {left[1]} of 256 KiB of the other in 1 GiB")
    assert left[0] >= 86 and 0 < left[1] <= 3 * 1024 * 1.02
    fleet.instances[0].start()
    await fleet.instances[0].ready()
    await all_listed(operator, victim, 86)
    await wire.close()


@pytest.mark.parametrize("claimed", ["0", "-1", "9223372036854775807", "18446744073709551616", "x"])
async def test_a_claimed_message_size_is_ignored(lab, claimed):
    fleet = await Fleet(lab).start(streams__events={"max_bytes": "64MiB"})
    operator = await fleet.operator()
    flooder = await fleet.enrol(operator)
    await flood(fleet, flooder, 80, 128 << 10, headers={"Nats-Msg-Size": claimed})
    await until(lambda: any("more events than its share" in line and flooder.uuid in line
                            for line in fleet.instances[0].process.log_text().splitlines()), "the flooder in the log")
    assert (await operator.call("platform.status"))["leader"]


async def test_an_alert_ages_from_its_arrival(lab):
    """The clock of a machine may be behind by days, which is often the reason of the alert."""
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    agent = await announcing(fleet, operator, "db-1")
    raised = int(time.time()) - 2 * 86_400
    await agent.event("alert", {"severity": "critical", "code": "OOM_KILL", "message": "killed", "object_type": "system",
                                "object_id": "memory", "details": {}}, timestamp=raised)
    end = time.monotonic() + DEADLINE_S
    while not (detail := await operator.call("agents.show", agent=agent.uuid))["alerts"]:
        assert time.monotonic() < end, f"the alert is not open: {detail}"
    [alert_view] = detail["alerts"]
    assert (alert_view["code"], alert_view["at"]) == ("OOM_KILL", raised)
    assert abs(alert_view["received_at"] - time.time()) < 60
    assert (await operator.agents())[agent.uuid]["open_alerts"] == 1
    assert "OOM_KILL" in (await fleet.plsctl("agents", "show", agent.uuid)).out

"""The life of a token: revoked, replaced, expired."""

import asyncio
import json
import time

import pytest

from harness.fleet import Fleet
from harness.waiting import settled, until
from harness.wire import Refused, Wire

# In addition to one interval: the time of a reconnect (without TLS and with an immediate first attempt: a few ms on an idle machine) and
# the delay of a timer on two busy cores. Half an interval is less than the gap of a lost event.
TOLERANCE_S = 0.5


class Arrivals:
    """The times at which an agent's events reached the server."""

    def __init__(self):
        self.times = {}

    async def watch(self, client, uuid):
        async def event(message):
            self.times.setdefault(json.loads(message.data)["type"], []).append(time.monotonic())
        await client.subscribe(f"agent.vm.{uuid}.evt", cb=event)
        await settled(client)
        return self

    def gaps(self, kind, since=0.0):
        times = [moment for moment in self.times.get(kind, []) if moment >= since]
        return [later - earlier for earlier, later in zip(times, times[1:])]


async def test_a_revoked_agent_is_disconnected_at_once(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity, other = await fleet.enrol(operator), await fleet.enrol(operator)
    agent = fleet.agent(identity)
    bystander = fleet.agent(other)
    await agent.connected()
    await bystander.connected()
    await operator.alive(identity.uuid, other.uuid)
    wires = [await Wire.connect(fleet.urls[0], identity.uuid, identity.key) for _ in range(3)]
    log_since = agent.log_position
    asked = time.monotonic()
    await operator.call("agents.revoke", agent=identity.uuid, reason="acceptance")
    answered = time.monotonic()
    await until(lambda: not any(wire.open for wire in wires), "end of the live connections", 5)
    closed = max(wire.closed_at for wire in wires) - asked
    print(f"\nrevoked: answered after {1000 * (answered - asked):.0f} ms, three live connections closed after {1000 * closed:.0f} ms")
    assert closed <= 1.0
    with pytest.raises(Refused, match="Authorization Violation"):
        await Wire.connect(fleet.urls[0], identity.uuid, identity.key)
    await agent.logged_matching(lambda entry: "uthorization" in json.dumps(entry), "a refusal", log_since)
    assert agent.process.running, "an agent that is refused keeps trying"
    agents = await operator.agents()
    assert agents[identity.uuid]["status"] == "revoked" and not agents[identity.uuid]["is_alive"]
    # Only the revoked one.
    assert agents[other.uuid]["is_alive"]
    assert len(bystander.log("connected to NATS")) == 1


async def test_rotation_loses_no_heartbeat(lab):
    grace = 4
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity)
    await agent.connected()
    arrivals = await Arrivals().watch(await fleet.as_platform(), identity.uuid)
    await until(lambda: len(arrivals.times.get("heartbeat", [])) >= 2, "heartbeats")
    old = identity.key
    issued = await operator.call("agents.rotate", agent=identity.uuid, grace_s=grace)
    rotated = time.monotonic()
    identity.key = issued["token"]
    fleet.secrets.append(identity.key)
    # Before the file is changed, the old token is still accepted.
    for token in (old, identity.key):
        await (await Wire.connect(fleet.urls[0], identity.uuid, token)).close()
    agent.write(agent.settings(",".join(fleet.urls), agent__heartbeat_interval="1s", nats__reconnect_wait="500ms"))
    await asyncio.sleep(max(0.0, rotated + grace + 0.5 - time.monotonic()))
    with pytest.raises(Refused, match="Authorization Violation"):
        await Wire.connect(fleet.urls[0], identity.uuid, old)
    await (await Wire.connect(fleet.urls[0], identity.uuid, identity.key)).close()
    await asyncio.sleep(3)
    gaps = arrivals.gaps("heartbeat")
    connects = len(agent.log("connected to NATS"))
    print(f"\nrotation with {grace} s of grace: {len(gaps) + 1} heartbeats, longest gap {max(gaps):.2f} s at an interval of 1 s, "
          f"the agent connected {connects} times, the old token was refused afterwards")
    assert len(gaps) >= 6
    assert max(gaps) <= 1 + TOLERANCE_S, gaps
    detail = await operator.call("agents.show", agent=identity.uuid)
    assert detail["valid_tokens"] == 1


async def test_an_expiring_jwt_loses_no_telemetry(lab):
    fleet = await Fleet(lab).start(callout__token_lifetime="5s")
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__telemetry_interval="1s", agent__heartbeat_interval="1s")
    await agent.connected()
    arrivals = await Arrivals().watch(await fleet.as_platform(), identity.uuid)
    begin = time.monotonic()
    await asyncio.sleep(20)
    connects = len(agent.log("connected to NATS"))
    telemetry, heartbeats = arrivals.gaps("telemetry", begin), arrivals.gaps("heartbeat", begin)
    print(f"\n20 s with JWTs of 5 s: {connects} connections, {len(telemetry) + 1} telemetry, longest gap {max(telemetry):.2f} s; "
          f"{len(heartbeats) + 1} heartbeats, longest gap {max(heartbeats):.2f} s; both at an interval of 1 s")
    assert connects >= 4, "the JWTs did not expire"
    assert max(telemetry) <= 1 + TOLERANCE_S, telemetry
    assert max(heartbeats) <= 1 + TOLERANCE_S, heartbeats
    # The operator's connection has ended in the same way; nats-py treats it as a refusal and gives up, plsctl does not.
    assert (await (await fleet.operator()).agents())[identity.uuid]["is_alive"]

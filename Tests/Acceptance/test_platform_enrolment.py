"""Enrollment of agents, duplicate identities, and wrong tokens."""

import asyncio
import json
import pathlib
import sys
import time
import uuid

import pytest

from harness import prometheus, timens
from harness.agent import Identity
from harness.fleet import Fleet
from harness.operator import APIFailure
from harness.waiting import until
from harness.wire import Refused, Wire

# Another address of this machine, different from the agent's.
STRANGER = "127.0.0.2"


async def tries(url, user, token, source="127.0.0.1"):
    """The connection, or None if it is refused."""
    try:
        return await Wire.connect(url, user, token, source=source)
    except Refused:
        return None


async def enrolment_token(fleet, operator, **params):
    issued = await operator.call("enrolments.create", **params)
    fleet.secrets.append(issued["token"])
    return issued["token"]


async def test_an_agent_is_enrolled_directly(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    chosen = str(uuid.uuid4())
    token = f"chosen-by-hand-{uuid.uuid4().hex}"
    fleet.secrets.append(token)
    issued = await operator.call("agents.enroll", uuid=chosen.upper(), token=token, labels={"env": "prod"})
    assert issued["subject"] == chosen
    made = await operator.call("agents.enroll")
    fleet.secrets.append(made["token"])
    assert made["token"].startswith("plsa_") and made["subject"] != chosen
    for user, password in ((chosen, token), (made["subject"], made["token"])):
        await (await Wire.connect(fleet.urls[0], user, password)).close()
    for user, password in ((chosen, made["token"]), (chosen, token[:-1]), (chosen, ""), (str(uuid.uuid4()), token)):
        assert await tries(fleet.urls[0], user, password) is None
    with pytest.raises(APIFailure) as again:
        await operator.once("agents.enroll", uuid=chosen)
    assert again.value.code == "conflict"
    for wrong in ({"uuid": "no-uuid"}, {"token": "short"}, {"uuid": str(uuid.uuid4()), "labels": {"": "x"}}):
        with pytest.raises(APIFailure) as refused:
            await operator.once("agents.enroll", **wrong)
        assert refused.value.code == "invalid", wrong
    assert (await operator.agents())[chosen]["labels"] == {"env": "prod"}


async def test_an_enrollment_token_enrolls_one_agent(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    token = await enrolment_token(fleet, operator, labels={"env": "test"})
    identity = Identity()
    identity.key = token
    agent = fleet.agent(identity)
    await agent.connected()
    agents = await operator.agents()
    assert agents[identity.uuid]["labels"] == {"env": "test"}
    assert await operator.call("enrolments.list") == []
    # The token is used up; its own agent reconnects with it.
    assert await tries(fleet.urls[0], str(uuid.uuid4()), token) is None
    await agent.stop()
    since = agent.log_position
    agent.start()
    await agent.connected(since)

    rounds = 5
    for _ in range(rounds):
        token = await enrolment_token(fleet, operator)
        candidates = [str(uuid.uuid4()) for _ in range(6)]
        wires = await asyncio.gather(*(tries(fleet.urls[0], candidate, token) for candidate in candidates))
        winners = [candidate for candidate, wire in zip(candidates, wires) if wire is not None]
        known = set(candidates) & set(await operator.agents())
        assert len(winners) == 1, f"{len(winners)} agents got in with one token"
        assert known == set(winners)
        for wire in wires:
            if wire is not None:
                await wire.close()
    print(f"\n{rounds} tokens, each tried by 6 agents at once: one got in every time")
    audit = await operator.call("audit.list", object=identity.uuid)
    assert audit, "the enrolment is not in the audit record"


def elsewhere(seconds):
    """Runs an agent as on a machine that booted earlier."""
    return (sys.executable, str(pathlib.Path(timens.__file__)), str(seconds))


async def one_machine(lab, **settings):
    """A connected agent, and one with the same identity on another machine that is not started yet."""
    fleet = await Fleet(lab).start(**settings)
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    first = fleet.agent(identity)
    await first.connected()
    await until(lambda: first.log("heartbeat published"), "heartbeat")
    assert not (await operator.call("agents.show", agent=identity.uuid)).get("clone_suspected")
    second = fleet.agent(identity, start=False)
    second.prefix = elsewhere(400_000)
    return fleet, operator, identity, first, second


async def test_one_identity_on_two_machines_raises_an_alert(lab):
    fleet, operator, identity, first, second = await one_machine(lab)
    second.start()
    began = time.monotonic()
    while not (detail := await operator.call("agents.show", agent=identity.uuid)).get("clone_suspected"):
        assert time.monotonic() - began < 30, f"two machines with one identity went unnoticed: {detail}"
        await asyncio.sleep(0.1)
    print(f"\nclone suspected {time.monotonic() - began:.1f} s after its start: {detail['clone_suspected']}")
    listed = (await operator.agents())[identity.uuid]
    assert listed["open_alerts"] >= 1 and detail["alerts"], "no open alert"
    assert any("clone" in entry["action"] for entry in await operator.call("audit.list", object=identity.uuid))
    # Only an alert: both stay connected, and may reconnect.
    assert first.process.running and second.process.running
    await (await Wire.connect(fleet.urls[0], identity.uuid, identity.key)).close()


async def test_one_identity_on_two_machines_is_refused_if_configured(lab):
    fleet, operator, identity, first, second = await one_machine(lab, callout__clones="refuse")
    second.start()
    await second.logged_matching(lambda entry: "uthorization" in json.dumps(entry), "a refusal")
    assert await tries(fleet.urls[0], identity.uuid, identity.key) is None
    await asyncio.sleep(3)
    assert not second.log("connected to NATS"), "the second machine got in"
    assert len(first.log("connected to NATS")) == 1, "the first one lost its connection"
    await operator.alive(identity.uuid)
    entries = [entry for entry in await operator.call("audit.list", object=identity.uuid) if entry["action"] == "agent.refused"]
    print(f"\nthe second machine is refused: {json.dumps(entries[0])}")
    assert any("another connection" in json.dumps(entry) for entry in entries)
    # After the first one ended the identity is free: a machine can be replaced.
    await first.stop()
    await second.connected(deadline=30)


async def test_a_rebooted_machine_is_not_a_clone(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, start=False)
    for booted_earlier in (400_000, 200_000, 1_000):
        agent.prefix = elsewhere(booted_earlier)
        since = agent.log_position
        agent.start()
        await agent.logged("heartbeat published", since)
        await asyncio.sleep(2.5)
        await agent.stop()
    assert not (await operator.call("agents.show", agent=identity.uuid)).get("clone_suspected")


async def test_token_guesses_are_limited_without_a_lockout(lab):
    fleet = await Fleet(lab).start(callout__guesses_per_minute=10)
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    began = time.monotonic()
    guesses = 60
    wires = []
    for number in range(guesses):
        wires.append(await tries(fleet.urls[0], identity.uuid, f"plsa_guess-number-{number:030}", STRANGER))
    took = time.monotonic() - began
    assert wires == [None] * guesses
    # The real agent connects during the guesses.
    guessing = asyncio.create_task(tries(fleet.urls[0], identity.uuid, "plsa_one-more-guess-of-the-stranger-000", STRANGER))
    entered = time.monotonic()
    wire = await Wire.connect(fleet.urls[0], identity.uuid, identity.key)
    waited = time.monotonic() - entered
    assert await guessing is None
    await wire.close()
    agent = fleet.agent(identity)
    await agent.connected()
    print(f"\n{guesses} guesses in {took:.1f} s refused; the real agent got in within {1000 * waited:.0f} ms")
    # The platform's counters show the effect of the limit.
    families = prometheus.parse((await fleet.metrics())["text"])
    answers = {json.dumps(labels): value for _, labels, value in families["plusclouds_callout_responses_total"].samples}
    print(answers)
    limited = sum(value for labels, value in answers.items() if "guesses" in labels)
    assert limited >= guesses - 20, "the guesses were not limited"

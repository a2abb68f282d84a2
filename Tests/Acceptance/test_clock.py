"""`expires_at` on machines whose clock is not synchronised."""

import asyncio
import json
import time

import pytest

from harness import schemas
from harness.clock import unsynchronised
from harness.fleet import Fleet
from harness.waiting import settled, until

DAY = 86_400


def touch(path):
    return {"command": "/usr/bin/touch", "args": [str(path)]}


async def send(platform, path, *, sent=0, life=60, operation="exec", **payload):
    """Sends a command dated `sent` seconds from now. Returns its result."""
    timestamp = int(time.time()) + sent
    content = {"operation": operation, "params": touch(path) if operation == "exec" else {}, **payload}
    if life is not None:
        content["expires_at"] = timestamp + life
    return await platform.command_to_events(operation, timestamp=timestamp, payload=content)


async def agent_of(lab, offset=None, **changes):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(agent.settings(server.url, agent__allowed_commands=["/usr/bin/touch"], **changes))
    if offset is not None:
        unsynchronised(agent, offset)
    agent.start()
    await platform.next("telemetry")
    return agent, platform


@pytest.mark.parametrize("offset", [None, 0, -3 * DAY, DAY], ids=["as it is", "right", "days behind", "a day ahead"])
async def test_expired_commands_are_rejected(lab, offset):
    _, platform = await agent_of(lab, offset)
    for age in (7 * DAY, DAY, 600):
        path = lab.folder / f"effect-{age}"
        result = await send(platform, path, sent=-age)
        print(f"sent {age} s ago with a life of 60 s: {result['status']} {result.get('code')}: {result.get('message')}")
        assert result["status"] == "rejected"
        # A clock that is behind proves nothing, but the difference is logged.
        assert result["code"] == ("busy" if offset == -3 * DAY and age < 3 * DAY else "expired"), result
        assert not path.exists(), "a command ran that had expired"


@pytest.mark.parametrize("offset", [0, 50, -50])
async def test_a_clock_that_agrees_with_the_platform_is_used(lab, offset):
    _, platform = await agent_of(lab, offset)
    path = lab.folder / "effect"
    assert (await send(platform, path))["status"] == "completed"
    assert path.exists()
    late = await send(platform, lab.folder / "late", life=-1)
    assert (late["status"], late["code"]) == ("rejected", "expired")


@pytest.mark.parametrize("offset,code", [(-DAY, "busy"), (DAY, "expired")])
async def test_effects_with_an_expiry_are_rejected_until_the_time_is_known(lab, offset, code):
    agent, platform = await agent_of(lab, offset)
    first = lab.folder / "first"
    refused = await send(platform, first)
    assert (refused["status"], refused["code"]) == ("rejected", code), refused
    if code == "busy":
        assert "the time is not known yet" in refused["message"]
        assert (await send(platform, None, operation="system.memory"))["status"] == "completed"
    assert (await send(platform, first, life=None))["status"] == "completed", "without expires_at nothing is to be known"
    # A time message that answers none of the agent's may have been delayed.
    announcement = (await platform.next("capabilities")).envelope["id"]
    results = len(platform.all("result"))
    await publish_time(platform, "00000000-0000-4000-8000-000000000000")
    assert (await send(platform, lab.folder / "second"))["code"] == code
    await publish_time(platform, announcement)
    assert (await send(platform, lab.folder / "third"))["status"] == "completed"
    assert (lab.folder / "third").exists()
    assert (await send(platform, lab.folder / "late", sent=-600))["code"] == "expired"
    assert len(platform.all("result")) == results + 3, "the time was answered"
    # The evidence is kept over a restart of the agent.
    await agent.stop()
    position = platform.position
    agent.start()
    await platform.next("telemetry", position)
    assert (await send(platform, lab.folder / "fourth"))["status"] == "completed"
    assert (await send(platform, lab.folder / "late", sent=-600))["code"] == "expired"
    assert not (lab.folder / "second").exists() and not (lab.folder / "late").exists()
    assert (agent.folder / "state" / "clock.json").stat().st_mode & 0o777 == 0o600


async def publish_time(platform, answered, timestamp=None):
    await platform.publish({"v": 1, "type": "time", "agent_type": "vm", "agent_uuid": platform.agent_uuid,
                            "timestamp": timestamp or int(time.time()), "payload": {"in_reply_to": answered}})


# In the year 2099.
WRONG = 4_100_000_000


async def test_a_wrong_timestamp_after_the_time_of_the_platform_is_ignored(lab):
    agent, platform = await agent_of(lab, -DAY)
    await publish_time(platform, (await platform.next("capabilities")).envelope["id"])
    assert (await send(platform, lab.folder / "first"))["status"] == "completed"
    await platform.command_to_events("system.memory", timestamp=WRONG, payload={"operation": "system.memory", "params": {}})
    result = await send(platform, lab.folder / "second")
    print(f"after a timestamp of 2099: {result['status']} {result.get('code')}: {result.get('message')}")
    assert result["status"] == "completed"
    await agent.stop()
    position = platform.position
    agent.start()
    await platform.next("telemetry", position)
    assert (await send(platform, lab.folder / "third"))["status"] == "completed"


async def test_the_time_of_the_platform_corrects_a_wrong_timestamp(lab):
    agent, platform = await agent_of(lab, -DAY)
    await publish_time(platform, (await platform.next("capabilities")).envelope["id"], WRONG)
    assert (await send(platform, lab.folder / "refused"))["code"] == "expired"
    await agent.stop()
    for number in range(2):
        position = platform.position
        agent.start()
        await platform.next("telemetry", position)
        await publish_time(platform, (await platform.next("capabilities", position)).envelope["id"])
        assert (await send(platform, lab.folder / f"{number}"))["status"] == "completed"
        await agent.stop()
    warnings = [entry for entry in agent.log() if "stamped by a clock that was ahead" in entry["msg"]]
    assert [entry["level"] for entry in warnings] == ["warn"] and int(warnings[0]["ahead_s"]) > DAY


@pytest.mark.parametrize("offset", [-DAY, DAY])
async def test_the_platform_sends_its_time_before_waiting_commands(lab, offset):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    paths = [lab.folder / f"effect-{number}" for number in range(3)]
    sent, announced = [], []
    observer = await fleet.as_platform()

    async def command(message):
        sent.append(json.loads(message.data))

    async def event(message):
        announced.append(json.loads(message.data))
    await observer.subscribe(f"agent.vm.{identity.uuid}.cmd", cb=command)
    await observer.subscribe(f"agent.vm.{identity.uuid}.evt", cb=event)
    await observer.subscribe(f"pls.results.{identity.uuid}.>", cb=event)
    await settled(observer)
    waiting = [await operator.call("commands.submit", agent=identity.uuid, operation="exec", params=touch(path),
                                   expires_in_s=60) for path in paths]
    agent = fleet.agent(identity, start=False, agent__allowed_commands=["/usr/bin/touch"])
    unsynchronised(agent, offset).start()
    views = await asyncio.gather(*(operator.ended(view["id"]) for view in waiting))
    print(f"clock {offset:+d} s: {[(view['state'], view['attempts']) for view in views]}")
    assert [view["state"] for view in views] == ["completed"] * 3, [view.get("result") for view in views]
    assert all(path.exists() for path in paths)
    assert [message["type"] for message in sent[:4]] == ["time", "command", "command", "command"]
    schemas.check("time.json", sent[0])
    capabilities = [envelope["id"] for envelope in announced if envelope["type"] == "capabilities"]
    assert sent[0]["payload"]["in_reply_to"] == capabilities[0]
    for message, view in zip(sent[1:4], waiting):
        schemas.check("command-envelope.json", message)
        assert message["payload"]["made_at"] == int(view["submitted_at"])
    # A later heartbeat is answered as well, in case the first answer preceded the subscription.
    await until(lambda: len([message for message in sent if message["type"] == "time"]) == 2, "the time once more")
    results = [envelope["payload"] for envelope in announced if envelope["type"] == "result"]
    assert {result["command_id"] for result in results} == {view["id"] for view in waiting}, "the time was answered"

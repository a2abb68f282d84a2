"""Commands for disconnected agents, and during failures of servers and instances of the platform."""

import asyncio
import collections
import json
import pathlib
import random
import time
import uuid

import nats.errors
import pytest

from harness.fleet import Fleet
from harness.operator import FINAL, APIFailure
from harness.waiting import until


def note(text, file):
    """The parameters of a command whose effect is a line in a file."""
    return {"command": "/bin/sh", "args": ["-c", f"echo {text} >> {file}"]}


def lines(file):
    return pathlib.Path(file).read_text(encoding="ascii").split() if pathlib.Path(file).exists() else []


async def offline(lab, seconds):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/sh"])
    await agent.connected()
    await until(lambda: agent.log("heartbeat published"), "heartbeat")
    file = lab.folder / "effects"
    assert (await operator.run(identity.uuid, "exec", **note("0", file)))["state"] == "completed"
    await agent.stop()
    left = time.monotonic()
    views = []
    for number in range(1, 6):
        expires_in = 2 if number == 3 else 600
        views.append(await operator.call(
            "commands.submit", agent=identity.uuid, operation="exec", params=note(number, file), expires_in_s=expires_in,
            id=str(uuid.uuid4())))
    await asyncio.sleep(max(0.0, left + seconds - time.monotonic()))
    before = await operator.call("commands.show", id=views[0]["id"])
    assert before["state"] in ("pending", "sent")
    assert lines(file) == ["0"], "run while the agent was away"
    agent.start()
    back = time.monotonic()
    ends = [await operator.ended(view["id"]) for view in views]
    took = time.monotonic() - back
    print(f"\nagent away for {seconds:g} s, five commands: {[view['state'] for view in ends]}, attempts "
          f"{[view['attempts'] for view in ends]}, effects in the order {' '.join(lines(file)[1:])}, "
          f"all ended {took:.1f} s after its start")
    assert [view["state"] for view in ends] == ["completed", "completed", "expired", "completed", "completed"]
    # A repetition has no second effect.
    agent_log = agent.log_position
    await agent.stop()
    agent.start()
    await agent.logged("heartbeat published", agent_log)
    await asyncio.sleep(2)
    assert lines(file) == ["0", "1", "2", "4", "5"]


async def test_commands_for_a_disconnected_agent_run_once_in_order(lab):
    await offline(lab, 5)


@pytest.mark.soak
async def test_commands_for_an_agent_disconnected_for_a_minute_run_once_in_order(lab):
    await offline(lab, 60)


@pytest.mark.parametrize("others,last", [(True, False), (False, False), (False, True)],
                         ids=["with younger ones", "alone", "with the last frame"])
async def test_a_command_without_its_record_does_not_run_again(lab, others, last):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/sh"])
    await agent.logged("heartbeat published")
    file = lab.folder / "effects"
    lost = await operator.call(
        "commands.submit", agent=identity.uuid, operation="exec", params=note("lost", f"{file}; sleep 5"), expires_in_s=600)
    await until(lambda: lines(file) == ["lost"], "the first effect")
    if others:
        other = await operator.run(identity.uuid, "exec", **note("other", file), parallel=True)
        assert other["state"] == "completed"
    agent.process.kill()
    killed = int(time.time())
    # Damages one byte of the record of the start.
    journal = agent.folder / "state" / "journal" / "0000000001.log"
    data = bytearray(journal.read_bytes())
    data[data.index(lost["id"].encode())] ^= 1
    if last:
        # And one of the record of its process, the last one.
        data[-20] ^= 1
    journal.write_bytes(data)
    # The next sending has a different second.
    await until(lambda: int(time.time()) > killed + 1, "later")
    agent.start()
    await agent.logged("journal damaged, older commands that it does not know will be rejected")
    view = await operator.ended(lost["id"], deadline=60)
    print(f"\nsent {view['attempts']} times: {view['state']}, effects {lines(file)}")
    assert view["attempts"] > 1
    assert lines(file) == ["lost", "other"][:1 + others], "it ran twice"
    assert view["state"] == "expired"
    # A later submission runs.
    assert (await operator.run(identity.uuid, "exec", **note("after", file)))["state"] == "completed"


class Health:
    """Samples `plsctl agents list` and compares it with the actual state."""

    def __init__(self, fleet, alive):
        self.fleet, self.alive = fleet, alive
        self.samples = self.failures = 0
        self.wrong_since = {}
        self.longest = collections.defaultdict(float)

    def changed(self, agent, alive):
        """Sets the actual state of an agent."""
        self.alive[agent] = alive
        self.wrong_since.pop(agent, None)

    async def sample(self):
        moment = time.monotonic()
        outcome = await self.fleet.plsctl("agents", "list", "-o", "json", expect=None)
        if outcome.code != 0:
            self.failures += 1
            return
        self.samples += 1
        shown = {agent["uuid"]: agent["is_alive"] for agent in listed(outcome.json)}
        for agent, alive in self.alive.items():
            if shown.get(agent) == alive:
                since = self.wrong_since.pop(agent, None)
            else:
                since = self.wrong_since.setdefault(agent, moment)
            if since is not None:
                self.longest[agent] = max(self.longest[agent], time.monotonic() - since)

    async def follow(self):
        while True:
            await self.sample()
            await asyncio.sleep(1)


async def shell_agent(lab):
    """A fleet with one connected agent that may run a shell."""
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/sh"])
    await agent.connected()
    await operator.alive(identity.uuid)
    return fleet, operator, identity, agent


async def test_a_large_result_arrives_after_its_command_was_sent_twice(lab):
    """nats-server counts a second delivery with the same reply subject as the use of the permission to reply."""
    _, operator, identity, agent = await shell_agent(lab)
    view = await operator.call(
        "commands.submit", agent=identity.uuid, operation="exec",
        params={"command": "/bin/sh", "args": ["-c", "sleep 18; head -c 400000 /dev/zero | tr '\\0' x"]}, id=str(uuid.uuid4()))
    view = await operator.ended(view["id"], deadline=60)
    assert view["state"] == "completed" and view["attempts"] == 2
    assert len(view["result"]["output"]["stdout"]) == 400_000
    assert not agent.log("reply_to refused, the result goes to the events subject")


async def test_a_large_result_arrives_although_its_subject_is_refused(lab):
    """Refused there, it is published to the events subject, where it is too large; it arrives when the command is sent again."""
    fleet, operator, identity, _ = await shell_agent(lab)
    file = lab.folder / "effects"
    script = f"echo once >> {file}; sleep 3; head -c 400000 /dev/zero | tr '\\0' x"
    view = await operator.call(
        "commands.submit", agent=identity.uuid, operation="exec", params={"command": "/bin/sh", "args": ["-c", script]},
        id=str(uuid.uuid4()))
    await until(lambda: lines(file), "the effect")
    fleet.servers[0].kill()
    await fleet.servers[0].start()
    view = await operator.ended(view["id"], deadline=60)
    print(f"\n{view['state']} after {view['attempts']} sendings, {len(view['result']['output']['stdout'])} bytes")
    assert view["state"] == "completed" and view["attempts"] > 1
    assert view["result"]["output"]["stdout"] == "x" * 400_000
    assert lines(file) == ["once"]
    client = await fleet.as_platform()
    info = await client.jetstream().stream_info("AGENT_RESULTS", subjects_filter="pls.results.>")
    assert any(subject.startswith(f"pls.results.{identity.uuid}.{view['id']}.") for subject in info.state.subjects)


def listed(answer):
    """The agents of `plsctl agents list -o json`."""
    return answer["agents"] if isinstance(answer, dict) else answer


async def submit(operator, agent, command_id, params):
    """Submits until it is accepted; the id identifies the command."""
    while True:
        try:
            return await operator.once("commands.submit", timeout=3, agent=agent, operation="exec", params=params,
                                       id=command_id, expires_in_s=3600)
        except (nats.errors.Error, asyncio.TimeoutError):
            pass
        except APIFailure as failure:
            if failure.code == "conflict":
                return None
            if failure.code not in ("unavailable", "busy"):
                raise
        await asyncio.sleep(0.2)


async def storm(lab, *, commands, agents, alive_within, heartbeat, bound):
    """Kills one node and one instance, and another node and the other instance later; they are restarted in between."""
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    fleet = await Fleet(lab).start(servers=3, instances=2, fleet__alive_within=alive_within)
    operator = await fleet.operator()
    file = lab.folder / "effects"
    identities = [await fleet.enrol(operator, labels={"number": str(number)}) for number in range(agents + 1)]
    for identity in identities:
        fleet.agent(identity, agent__allowed_commands=["/bin/sh"], agent__heartbeat_interval=heartbeat)
    for agent in lab.agents:
        await agent.connected(deadline=60)
    health = Health(fleet, {identity.uuid: True for identity in identities})
    await operator.alive(*(identity.uuid for identity in identities))
    mortal = lab.agents[-1]
    targets = identities[:-1]
    # Chosen beforehand, so that a submission can be repeated.
    orders = [(str(uuid.uuid4()), targets[number % agents].uuid) for number in range(commands)]
    accepted = 0
    second = asyncio.Event()
    events = []
    returns = []

    async def submit_all():
        nonlocal accepted
        for command_id, target in orders:
            # Commands must remain for the second failure.
            if accepted >= 0.75 * commands:
                await second.wait()
            await submit(operator, target, command_id, note(command_id, file))
            accepted += 1
            await asyncio.sleep(chance.uniform(0, 0.05))

    async def reached(share):
        await until(lambda: accepted >= share * commands, f"{share} of the commands accepted", 300)

    async def disasters():
        order = chance.sample(range(3), 2)
        first = chance.randrange(2)
        await reached(0.15)
        fleet.servers[order[0]].kill()
        events.append(f"node{order[0]} at {accepted}")
        mortal.process.kill()
        health.changed(mortal.identity.uuid, False)
        await reached(0.3)
        fleet.instances[first].kill()
        events.append(f"instance{first} at {accepted}")
        await reached(0.45)
        await fleet.servers[order[0]].start()
        fleet.instances[first].start()
        events.append(f"both back at {accepted}")
        # The failed server led some streams; the others elect a new leader within 9 s (raft.go, maxElectionTimeout).
        returned = time.monotonic()
        await fleet.instances[first].ready()
        returns.append(time.monotonic() - returned)
        await reached(0.6)
        fleet.servers[order[1]].kill()
        fleet.instances[1 - first].kill()
        events.append(f"node{order[1]} and instance{1 - first} at {accepted}")
        second.set()
        await reached(0.9)
        await fleet.servers[order[1]].start()
        fleet.instances[1 - first].start()
        events.append(f"both back at {accepted}")
        returned = time.monotonic()
        await fleet.instances[1 - first].ready()
        returns.append(time.monotonic() - returned)

    print(f"\nseed {seed}")
    began = time.monotonic()
    sampling = asyncio.create_task(health.follow())
    try:
        await asyncio.gather(submit_all(), disasters())
        submitted = time.monotonic() - began
        ends = {}
        deadline = time.monotonic() + 240
        while len(ends) < commands:
            assert time.monotonic() < deadline, f"{commands - len(ends)} commands have no end"
            for command_id, _ in orders:
                if command_id not in ends:
                    view = await operator.call("commands.show", id=command_id, deadline=60)
                    if view["state"] in FINAL:
                        ends[command_id] = view
            await asyncio.sleep(0.5)
        ended = time.monotonic() - began
        # Finally the killed one is reported as not alive, all others as alive.
        settle = time.monotonic()
        while health.wrong_since or not health.samples:
            assert time.monotonic() - settle < bound + 30, f"is_alive is still wrong: {health.wrong_since}"
            await asyncio.sleep(0.5)
        await asyncio.sleep(2)
    finally:
        if sampling.done():
            sampling.result()
        sampling.cancel()

    effects = collections.Counter(lines(file))
    states = collections.Counter(view["state"] for view in ends.values())
    notified = {command_id: len(operator.done.get(command_id, [])) for command_id, _ in orders}
    audit = await audited(fleet, {command_id for command_id, _ in orders})
    print(f"{commands} commands to {agents} agents on 3 nodes and 2 instances; killed: {'; '.join(events)}")
    print(f"accepted in {submitted:.1f} s, all ended after {ended:.1f} s: {dict(states)}; "
          f"{sum(view['attempts'] for view in ends.values())} sendings, {sum(effects.values())} effects, "
          f"{sum(1 for view in ends.values() if view.get('result'))} results; "
          f"published once on pls.done: {sum(1 for count in notified.values() if count == 1)}; "
          f"audit command.ended: {sum(audit.values())}; instances answered {', '.join(f'{each:.1f}' for each in returns)} s "
          "after they were started again")
    wrong = max(health.longest.values(), default=0.0)
    print(f"is_alive: {health.samples} samples by plsctl ({health.failures} without an answer), wrong for {wrong:.1f} s at most "
          f"(bound {bound:g} s, an agent that was killed included; alive_within {alive_within})")
    assert states == {"completed": commands}
    assert all(effects[command_id] == 1 for command_id, _ in orders), [e for e in effects.items() if e[1] != 1]
    assert set(effects) == {command_id for command_id, _ in orders}
    assert all(view["result"]["command_id"] == command_id for command_id, view in ends.items())
    assert all(count <= 1 for count in notified.values()), "an end that was published twice"
    assert set(audit.values()) == {1} and len(audit) == commands, "not exactly one end in the audit record for each"
    assert wrong <= bound
    assert max(returns) <= 20, "an instance did not answer soon after it was started"
    assert health.longest[mortal.identity.uuid] > 0, "the sampling did not see the agent that died as alive: it proves nothing"


async def audited(fleet, ids):
    """The number of entries for the end of each command in the audit record, read from the stream itself."""
    client = await fleet.as_platform()
    reply = await client.request("pls.record.STREAM.INFO.PLS_AUDIT", b"", timeout=5)
    state = json.loads(reply.data)["state"]
    found = collections.Counter()
    for sequence in range(max(1, state["first_seq"]), state["last_seq"] + 1):
        request = json.dumps({"seq": sequence}).encode()
        entry = json.loads((await client.request("pls.record.DIRECT.GET.PLS_AUDIT", request, timeout=5)).data)
        if entry["action"] == "command.ended" and entry["object"] in ids:
            found[entry["object"]] += 1
    return found


async def test_every_command_has_one_result_when_servers_and_instances_fail(lab):
    await storm(lab, commands=100, agents=8, alive_within="10s", heartbeat="2s", bound=25)


@pytest.mark.soak
async def test_five_hundred_commands_have_one_result_each_when_servers_and_instances_fail(lab):
    await storm(lab, commands=500, agents=20, alive_within="75s", heartbeat="30s", bound=90)

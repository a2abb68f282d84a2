"""Memory and the log under floods of queries: memory is bounded and released, and no line about an effect is lost."""

import asyncio
import json

from harness.waiting import until

MIB = 1 << 20


async def flood(platform, operation, count, params=None):
    """Sends `count` queries at once. Returns their results, one for each id."""
    answers = []
    for _ in range(count):
        answers.append((await platform.send(operation, params or {}))[1])
    results = await asyncio.wait_for(asyncio.gather(*answers), 120)
    assert not platform.stray_replies
    return [envelope["payload"] for envelope, _ in results]


async def idle_memory(agent):
    """The resident memory after the first burst, when the agent has logged a summary and released memory."""
    await agent.logged("queries summarised", deadline=30)
    readings = []

    def is_steady():
        readings.append(agent.process.resident_bytes())
        return len(readings) > 25 and len(set(readings[-25:])) == 1
    await until(is_steady, "memory that changes no more")
    return readings[-1]


async def test_memory_returns_after_a_burst(lab):
    _, agent, platform = await lab.running()
    # Pages of the program that its first queries touch do not count as memory of a burst.
    await flood(platform, "system.metrics", 20)
    await flood(platform, "system.memory", 1000)
    idle = await idle_memory(agent)
    for operation, count in (("system.memory", 20_000), ("system.metrics", 500), ("system.memory", 20_000)):
        results = await flood(platform, operation, count)
        assert all(result["status"] == "completed" for result in results)
        peak = agent.process.resident_bytes()
        try:
            await until(lambda: agent.process.resident_bytes() <= idle + 3 * MIB, "the memory of before", 15)
        finally:
            print(f"{count} x {operation}: idle {idle / MIB:.1f}, after the burst {peak / MIB:.1f}, "
                  f"settled {agent.process.resident_bytes() / MIB:.1f} MiB")


async def test_replays_of_one_large_result_are_bounded(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/usr/bin/seq"])
    command = {"command": "/usr/bin/seq", "args": ["120000"]}
    await platform.output("exec", command, command_id="large")
    before = agent.process.resident_bytes()
    # Their answers are not read before all have been sent.
    answers = [(await platform.send("exec", command, command_id="large"))[1] for _ in range(200)]
    peak = before
    gathered = asyncio.gather(*answers)
    while not gathered.done():
        peak = max(peak, agent.process.resident_bytes())
        await asyncio.wait([gathered], timeout=0.02)
    results = gathered.result()
    assert all(envelope["payload"]["replayed"] for envelope, _ in results)
    print(f"200 replays: {before / MIB:.1f} MiB before, {peak / MIB:.1f} at the peak")
    assert peak < before + 64 * MIB


async def test_a_flood_of_queries_keeps_the_log_of_effects(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/true"])
    results = await flood(platform, "system.memory", 5000)
    assert all(result["status"] == "completed" for result in results)
    command_id, answer = await platform.send("exec", {"command": "/bin/true"})
    await asyncio.wait_for(answer, 10)
    summary = await agent.logged("queries summarised", deadline=15)
    lines = {entry["msg"] for entry in agent.log() if entry.get("command_id") == command_id}
    assert lines >= {"command received", "command executed", "result"}
    of_queries = [entry for entry in agent.log("result") if entry.get("operation") == "system.memory"]
    print(f"{len(of_queries)} of 5000 queries logged, then: {json.dumps(summary)}")
    assert 100 <= len(of_queries) <= 500
    assert len(of_queries) + sum(int(entry["count"]) for entry in agent.log("queries summarised")) >= 5000


async def test_a_flood_of_rejected_commands_keeps_the_log_of_effects(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/true"])
    for number in range(3000):
        await platform.publish(platform.envelope("nothing.like.this", command_id=f"refused-{number}"))
        await platform.publish(b"no envelope")
    command_id, answer = await platform.send("exec", {"command": "/bin/true"})
    await asyncio.wait_for(answer, 30)
    lines = {entry["msg"] for entry in agent.log() if entry.get("command_id") == command_id}
    assert lines >= {"command received", "command executed", "result"}
    print(f"{len(agent.log())} lines for 6000 refused messages")
    assert len(agent.log()) < 1500

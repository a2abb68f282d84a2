"""Floods of queries against the installed agent, within the limits of its unit."""

import asyncio
import re

import pytest

MIB = 1 << 20
UNIT_COUNT = 550
# Well below the unit's MemoryHigh, at which the kernel throttles the agent.
PEAK = 150 * MIB


@pytest.fixture
def many_units(box):
    """Several hundred loaded services in addition to those of the machine."""
    box.write("/etc/systemd/system/t-many@.service",
              "[Unit]\nDescription=One of many services of a machine that has many of them, number %i\n"
              "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n")
    box.run_now("sh", "-c", f"systemctl daemon-reload; seq -f 't-many@%g.service' {UNIT_COUNT} | "
                            "xargs -n 50 systemctl start", deadline=400)
    yield box
    box.run_now("sh", "-c", "systemctl stop 't-many@*'; rm /etc/systemd/system/t-many@.service; "
                            "systemctl daemon-reload", deadline=400)


async def peak_memory(box, agent):
    """The peak resident memory of the process."""
    status = await box.run("cat", f"/proc/{await agent.pid()}/status")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


async def accounted_memory(box, agent):
    """The peak memory of the unit's control group, including page cache and kernel, its limit, and how often the
    kernel killed a process for it."""
    groups = dict(line.split(":", 2)[1:] for line in (await box.run("cat", f"/proc/{await agent.pid()}/cgroup")).splitlines())
    if "memory" in groups:
        folder, names = "/sys/fs/cgroup/memory" + groups["memory"], (
            "memory.max_usage_in_bytes", "memory.limit_in_bytes", "memory.oom_control")
    else:
        folder, names = "/sys/fs/cgroup" + groups[""], ("memory.peak", "memory.max", "memory.events")
    peak, limit, events = [await box.run("cat", f"{folder}/{name}") for name in names]
    return int(peak), int(limit), int(re.search(r"^oom_kill (\d+)$", events, re.MULTILINE)[1])


@pytest.mark.parametrize("count", [300, 500])
async def test_many_service_lists_at_once_stay_within_the_limits(agent, many_units, count):
    # The platform validates each of the large answers; meanwhile the server must not close it as a slow consumer.
    _, platform = await agent.running(
        server_options={"extra": {"write_deadline": "120s"}}, agent__allowed_commands=["/bin/sleep"])
    pid = await agent.pid()
    _, running = await platform.send("exec", {"command": "/bin/sleep", "args": ["20"]})
    await agent.logged("command received")
    answers = [(await platform.send("services.list"))[1] for _ in range(count)]
    results = [envelope["payload"] for envelope, _ in await asyncio.wait_for(asyncio.gather(*answers), 400)]
    completed = [result for result in results if result["status"] == "completed"]
    assert completed and all(len(result["output"]) > UNIT_COUNT for result in completed)
    assert all(result.get("code") == "busy" for result in results if result["status"] != "completed")
    assert await agent.pid() == pid, "the agent was killed"
    peak = await peak_memory(many_units, agent)
    print(f"{count} x services.list with {len(completed[0]['output'])} units: {len(completed)} completed, "
          f"peak {peak / MIB:.1f} MiB")
    assert peak < PEAK
    charged, limit, kills = await accounted_memory(many_units, agent)
    print(f"the control group: peak {charged / MIB:.1f} of {limit / MIB:.0f} MiB, {kills} killed")
    assert limit == int((await many_units.unit(agent.unit, "MemoryMax"))["MemoryMax"])
    assert charged < limit and kills == 0
    envelope, _ = await asyncio.wait_for(running, 60)
    assert envelope["payload"]["status"] == "completed", envelope
    assert not platform.stray_replies


async def test_an_effect_after_a_flood_of_queries_is_logged(agent, installed_box):
    _, platform = await agent.running(agent__allowed_commands=["/bin/true"])
    for _ in range(40):
        answers = [(await platform.send("system.memory"))[1] for _ in range(1000)]
        await asyncio.wait_for(asyncio.gather(*answers), 60)
    command_id, answer = await platform.send("exec", {"command": "/bin/true"})
    await asyncio.wait_for(answer, 30)
    await installed_box.run("journalctl", "--sync")
    text = await installed_box.run(
        "journalctl", "--unit", agent.unit, "--output=cat", "--grep", command_id, "--no-pager")
    print(text)
    assert all(f'"msg":"{message}"' in text for message in ("command received", "command executed", "result"))

"""exec of the installed agent: programs see the machine, not the agent's sandbox, and end whole, whoever they run as."""

import asyncio
import time
import uuid


def unique_seconds():
    return f"61.{uuid.uuid4().int % 10**9:09d}"


async def sleepers(box, seconds):
    return (await box.outcome("pgrep", "-f", f"sleep {seconds}")).out.split()


async def test_a_program_sees_the_machine(agent, box):
    _, platform = await agent.running(agent__allowed_commands=["/bin/sh"])
    script = "echo seen > /srv/from-exec; cat /proc/self/cgroup; ulimit -n; grep -E '^(CapEff|NoNewPrivs)' /proc/self/status"
    output = await platform.output("exec", {"command": "/bin/sh", "args": ["-c", script]})
    assert box.read("/srv/from-exec") == "seen\n"
    assert "plusclouds-exec-" in output["stdout"] and "plusclouds-agent.service" not in output["stdout"]
    assert "NoNewPrivs:\t0" in output["stdout"]
    box.path("/srv/from-exec").unlink()


async def test_another_user_has_nothing_of_root(agent, box):
    _, platform = await agent.running(agent__allowed_commands=[{"path": "/bin/sh", "user": "nobody"}])
    script = "id; grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Groups)' /proc/self/status; cat /etc/shadow"
    result = await platform.command("exec", {"command": "/bin/sh", "args": ["-c", script]}, expect="failed")
    shown = result["output"]["stdout"]
    assert "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)" in shown, shown
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"{name}:\t0000000000000000" in shown, shown
    assert "NoNewPrivs:\t1" in shown and "Permission denied" in result["output"]["stderr"]


async def test_a_time_out_ends_another_users_tree(agent, box):
    _, platform = await agent.running(agent__allowed_commands=[{"path": "/bin/sh", "user": "nobody"}])
    seconds = unique_seconds()
    script = f"trap '' TERM; (setsid sleep {seconds} &); sleep {seconds}"
    began = time.monotonic()
    result = await platform.command("exec", {"command": "/bin/sh", "args": ["-c", script]}, timeout_s=1, expect="failed")
    assert result["code"] == "timed_out" and time.monotonic() - began < 5
    assert not await sleepers(box, seconds)


async def test_a_cancel_ends_another_users_tree(agent, box):
    _, platform = await agent.running(agent__allowed_commands=[{"path": "/bin/sh", "user": "nobody"}])
    seconds = unique_seconds()
    command_id, answer = await platform.send("exec", {"command": "/bin/sh", "args": ["-c", f"sleep {seconds}; true"]})
    while not await sleepers(box, seconds):
        await asyncio.sleep(0.05)
    await platform.output("agent.cancel", {"command_id": command_id})
    envelope, _ = await asyncio.wait_for(answer, 10)
    assert envelope["payload"]["code"] == "cancelled"
    assert not await sleepers(box, seconds)


async def test_memory_is_not_the_agents(agent, box):
    """A program may take more than the agent's own limit."""
    _, platform = await agent.running(agent__allowed_commands=["/usr/bin/python3"])
    pid = await agent.pid()
    output = await platform.output("exec", {"command": "/usr/bin/python3", "args": ["-c", "print(len(bytearray(400 << 20)))"]})
    assert output["stdout"] == f"{400 << 20}\n"
    assert await agent.pid() == pid


async def test_output_comes_while_it_runs(agent, box):
    _, platform = await agent.running(agent__allowed_commands=["/bin/sh"])
    seconds = unique_seconds()
    _, answer = await platform.send(
        "exec", {"command": "/bin/sh", "args": ["-c", f"echo one; echo two >&2; sleep {seconds}"], "stream": True},
        timeout_s=4)
    first = await platform.next("progress")
    assert not answer.done()
    second = await platform.next("progress", count=2)
    assert {event.payload["stream"]: event.payload["data"] for event in (first, second)} == {
        "stdout": "one\n", "stderr": "two\n"}
    envelope, _ = await asyncio.wait_for(answer, 20)
    assert envelope["payload"]["output"]["stdout"] == "one\n"


async def test_the_journal_of_a_unit(agent, box):
    _, platform = await agent.running()
    await box.run("systemd-run", "--wait", "--unit=t-talks", "sh", "-c", "for i in 1 2 3; do echo line $i; done")
    output = await platform.output("logs.tail", {"unit": "t-talks", "lines": 50})
    assert output["unit"] == "t-talks.service"
    assert [line.rsplit(": ", 1)[-1] for line in output["lines"] if ": line " in line] == ["line 1", "line 2", "line 3"]
    assert await platform.output("logs.tail", {"unit": "no-such-unit"}) == {"unit": "no-such-unit.service", "lines": []}
    for unit in ("a b", "../x", "x" * 300, ""):
        assert (await platform.command("logs.tail", {"unit": unit}, expect="rejected"))["code"] == "invalid_params"

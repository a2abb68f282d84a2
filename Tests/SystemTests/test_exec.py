"""exec of the installed agent: programs run outside of the agent's sandbox, and their process trees are ended for every user."""

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


async def test_a_program_of_another_user_has_no_privileges(agent, box):
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


async def test_memory_of_a_program_is_not_limited_by_the_agents_unit(agent, box):
    """A program may use more memory than the agent's own limit."""
    _, platform = await agent.running(agent__allowed_commands=["/usr/bin/python3"])
    pid = await agent.pid()
    output = await platform.output("exec", {"command": "/usr/bin/python3", "args": ["-c", "print(len(bytearray(400 << 20)))"]})
    assert output["stdout"] == f"{400 << 20}\n"
    assert await agent.pid() == pid


async def test_output_is_published_while_the_program_runs(agent, box):
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


async def test_logs_tail_reads_the_journal_of_a_unit(agent, box):
    _, platform = await agent.running()
    await box.run("systemd-run", "--wait", "--unit=t-talks", "sh", "-c", "for i in 1 2 3; do echo line $i; done")
    output = await platform.output("logs.tail", {"unit": "t-talks", "lines": 50})
    assert output["unit"] == "t-talks.service"
    assert [line.rsplit(": ", 1)[-1] for line in output["lines"] if ": line " in line] == ["line 1", "line 2", "line 3"]
    assert await platform.output("logs.tail", {"unit": "no-such-unit"}) == {
        "unit": "no-such-unit.service", "lines": [], "unit_found": False}
    # Continues at the end of an earlier command.
    assert (await platform.output("logs.tail", {"unit": "t-talks", "since_s": 3600}))["lines"] == output["lines"]
    # journalctl alone would begin with the first ones since then.
    assert (await platform.output("logs.tail", {"unit": "t-talks", "since_s": 3600, "lines": 2}))["lines"] == output["lines"][-2:]
    first = await platform.output("logs.tail", {"unit": "t-talks", "lines": 50, "cursor": ""})
    assert first["lines"] == output["lines"] and first["cursor"], first
    both = await platform.output("logs.tail", {"unit": "t-talks", "since_s": 3600, "lines": 2, "cursor": ""})
    assert both["lines"] == output["lines"][-2:] and both["cursor"] == first["cursor"], both
    assert (await platform.output("logs.tail", {"unit": "t-talks", "cursor": first["cursor"]}))["lines"] == []
    await box.run("systemd-run", "--wait", "--unit=t-talks", "sh", "-c", "echo line 4")
    second = await platform.output("logs.tail", {"unit": "t-talks", "cursor": first["cursor"]})
    assert [line.rsplit(": ", 1)[-1] for line in second["lines"] if ": line " in line] == ["line 4"], second
    assert second["cursor"] != first["cursor"]
    for unit in ("a b", "../x", "x" * 300, ""):
        assert (await platform.command("logs.tail", {"unit": unit}, expect="rejected"))["code"] == "invalid_params"


async def test_signals_and_environment_are_as_without_systemd(agent, box):
    """systemd makes services ignore SIGPIPE, and sets its own variables and those of the administrator."""
    box.write("/usr/local/bin/pipe.sh", "#!/bin/bash\nset -o pipefail\nyes | head -n 1\n", 0o755)
    _, platform = await agent.running(agent__allowed_commands=["/usr/local/bin/pipe.sh", "/usr/bin/grep", "/bin/sh", "/usr/bin/env"])
    await box.run("systemctl", "set-environment", "FOREIGN_SECRET=of-an-administrator")
    try:
        piped = await platform.command("exec", {"command": "/usr/local/bin/pipe.sh"}, expect="failed")
        assert piped["output"] == {"stdout": "y\n", "stderr": "", "exit_code": 141}
        masks = await platform.output("exec", {"command": "/usr/bin/grep", "args": ["-E", "^Sig(Ign|Blk)", "/proc/self/status"]})
        # Signals 32 and 33 belong to glibc: if a parent such as make ignores them, this systemd inherits that and cannot reset it.
        blocked, ignored = (int(line.split()[1], 16) & ~(3 << 31) for line in masks["stdout"].splitlines())
        assert (blocked, ignored) == (0, 0), masks["stdout"]
        names = (await platform.output("exec", {"command": "/usr/bin/env"}))["stdout"].splitlines()
        assert sorted(name.partition("=")[0] for name in names) == ["HOME", "LANG", "PATH"], names
        script = ("umask; readlink /proc/self/fd/0; pwd; cut -d ' ' -f 19 /proc/self/stat; "
                  "[ $(ps -o sid= -p $$) -eq $$ ] && echo session; cat /proc/self/oom_score_adj")
        others = (await platform.output("exec", {"command": "/bin/sh", "args": ["-c", script]}))["stdout"]
        assert others == "0022\n/dev/null\n/\n0\nsession\n500\n", others
    finally:
        await box.run("systemctl", "unset-environment", "FOREIGN_SECRET")
        box.path("/usr/local/bin/pipe.sh").unlink()


async def test_logs_tail_resolves_an_alias(agent, box):
    await box.add_unit("t-long-name.service", "[Service]\nExecStart=/bin/sh -c 'echo hello; exec sleep infinity'\n"
                       "[Install]\nWantedBy=multi-user.target\nAlias=t-short.service\n")
    await box.run("systemctl", "enable", "--now", "t-long-name")
    try:
        _, platform = await agent.running()
        for name in ("t-long-name", "t-short", "t-short.service"):
            output = await platform.output("logs.tail", {"unit": name})
            assert output["unit"] == "t-long-name.service", name
            assert any(line.endswith(": hello") for line in output["lines"]), output
    finally:
        await box.run("systemctl", "disable", "--now", "t-long-name")
        box.path("/etc/systemd/system/t-long-name.service").unlink()
        await box.run("systemctl", "daemon-reload")


async def test_the_journal_is_read_outside_of_the_agents_limits(agent, box):
    """The pages of the journal's files count towards the control group of the reading program."""
    journalctl = box.path("/usr/bin/journalctl")
    kept = journalctl.with_name("journalctl.kept")
    journalctl.rename(kept)
    box.write("/usr/bin/journalctl", "#!/bin/sh\ncat /proc/self/cgroup\n", 0o755)
    try:
        _, platform = await agent.running()
        pid = await agent.pid()
        lines = (await platform.output("logs.tail", {"unit": "nginx"}))["lines"]
        assert any("/plusclouds-logs-" in line for line in lines), lines
        assert not any("/plusclouds-agent.service" in line for line in lines), lines
        # A slow one is stopped, and answered in time.
        box.write("/usr/bin/journalctl", "#!/bin/sh\necho one line; exec sleep 61.5\n", 0o755)
        began = time.monotonic()
        results = await asyncio.gather(*(
            platform.command("logs.tail", {"unit": f"u{number}"}, expect="failed", deadline=30) for number in range(8)))
        assert time.monotonic() - began < 15
        assert {result["code"] for result in results} == {"timed_out"}
        assert [result["output"]["lines"] for result in results].count(["one line"]) == 4
        assert not await sleepers(box, "61.5")
    finally:
        kept.rename(journalctl)
    assert await agent.pid() == pid
    # Queries do not add lines to the journal that they read.
    assert not [line for line in await box.journal("-t", "systemd") if "plusclouds-logs-" in line]

"""The life of the installed agent's unit: reload, restart by a command, stop, and the log lines meanwhile."""

import asyncio
import json
import pathlib
import time

import pytest

from harness.waiting import until

UNIT = "plusclouds-agent.service"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


async def test_a_reload_with_a_bad_file_fails_and_keeps_the_settings(agent, box):
    _, platform = await agent.running(agent__allowed_operations=["system.info"])
    pid = await agent.pid()
    good = agent.config_path.read_text("utf-8")

    def refusals():
        return [entry for entry in agent.log() if entry["msg"] == "configuration refused, the old settings stay"]
    # Invalid, emptied, truncated: the last two are valid YAML, which the agent has to detect.
    for number, bad in enumerate(("nats: [\n", "", good[:len(good) * 2 // 3]), 1):
        agent.config_path.write_text(bad, "utf-8")
        found = await box.outcome("systemctl", "reload", UNIT)
        assert found.code != 0, f"reload {number} exited 0"
        await until(lambda: len(refusals()) == number, "the reason in the log")  # pylint: disable=cell-var-from-loop
        await platform.output("system.info")
        await platform.command("system.memory", expect="rejected")
    agent.config_path.write_text(good.replace("system.info", "system.memory"), "utf-8")
    await box.run("systemctl", "reload", UNIT)
    await platform.output("system.memory")
    await platform.command("system.info", expect="rejected")
    assert await agent.pid() == pid
    assert (await box.unit(UNIT, "ActiveState"))["ActiveState"] == "active"


async def test_an_agent_without_an_identity_reloads(agent, box):
    agent.config_path.write_text("log:\n  level: info\n", "utf-8")
    await agent.start()
    await box.run("systemctl", "reload", UNIT)
    agent.config_path.write_text("log: [\n", "utf-8")
    assert (await box.outcome("systemctl", "reload", UNIT)).code != 0
    assert (await box.unit(UNIT, "ActiveState"))["ActiveState"] == "active"


async def test_the_agent_reloads_itself(agent):
    _, platform = await agent.running()
    assert (await platform.output("services.reload", {"name": "plusclouds-agent"}))["success"] is True
    good = agent.config_path.read_text("utf-8")
    agent.config_path.write_text("nats: [\n", "utf-8")
    await platform.command("services.reload", {"name": "plusclouds-agent"}, expect="failed")
    agent.config_path.write_text(good, "utf-8")
    # Each reload has its own answer.
    await platform.output("services.reload", {"name": "plusclouds-agent"})


async def test_every_line_of_the_agent_is_json(agent, box):
    _, platform = await agent.running(agent__allowed_commands=["/bin/true"])
    invocation = (await box.unit(UNIT, "InvocationID"))["InvocationID"]
    good = agent.config_path.read_text("utf-8")
    await asyncio.gather(*(platform.output("services.list") for _ in range(20)))
    await platform.output("exec", {"command": "/bin/true"})
    await box.run("systemctl", "reload", UNIT)
    agent.config_path.write_text("nats: [\n", "utf-8")
    await box.outcome("systemctl", "reload", UNIT)
    agent.config_path.write_text(good, "utf-8")
    await agent.stop()
    await box.run("journalctl", "--sync")
    lines = await box.journal(f"_SYSTEMD_INVOCATION_ID={invocation}", f"_SYSTEMD_UNIT={UNIT}")
    assert any("agent stopped" in line for line in lines), lines
    for line in lines:
        assert isinstance(_parsed(line), dict), line


@pytest.mark.parametrize("unit", ["agent", "platform"])
async def test_the_sandbox_ignores_priorities_of_threads(box, unit):
    """The runtime calls setpriority(2) in each of its threads, and prints a line on standard error when that fails."""
    text = (REPOSITORY / f"packaging/plusclouds-{unit}.service.in").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith(("SystemCall", "CapabilityBoundingSet", "NoNewPrivileges"))]
    script = ("import os; os.setpriority(os.PRIO_PROCESS, 0, 0); os.setpriority(os.PRIO_PROCESS, 0, -2); "
              "print(os.getpriority(os.PRIO_PROCESS, 0))")
    await box.add_unit("t-nice.service", "\n".join([
        "[Service]", "Type=oneshot", f"ExecStart=/usr/bin/python3 -c '{script}'", "StandardOutput=truncate:/run/t-nice", *lines, ""]))
    await box.run("systemctl", "start", "t-nice.service")
    assert box.read("/run/t-nice") == "0\n"
    box.path("/etc/systemd/system/t-nice.service").unlink()


def _parsed(line):
    try:
        return json.loads(line)
    except ValueError:
        return None


@pytest.fixture
def base(box):
    """A unit that the agent requires, and an alias of the agent's own unit."""
    box.write("/etc/systemd/system/t-base.service", "[Service]\nExecStart=/bin/sleep infinity\n")
    box.write("/etc/systemd/system/t-rival.service", f"[Unit]\nConflicts={UNIT}\n[Service]\nExecStart=/bin/sleep infinity\n")
    box.write(f"/etc/systemd/system/{UNIT}.d/base.conf", "[Unit]\nBindsTo=t-base.service\nAfter=t-base.service\n")
    target = box.run_now("systemctl", "show", "-P", "FragmentPath", UNIT).strip()
    box.run_now("ln", "-sfn", target, "/etc/systemd/system/t-agent.service")
    box.run_now("systemctl", "daemon-reload")
    yield box
    box.outcome_now("systemctl", "stop", UNIT, "t-base", "t-rival")
    box.run_now("sh", "-c", f"rm -rf /etc/systemd/system/t-* /etc/systemd/system/{UNIT}.d; systemctl daemon-reload")


async def test_the_agent_restarts_itself_and_answers(agent, base):
    _, platform = await agent.running()
    for name in ("plusclouds-agent", "t-agent", "t-base"):
        pid, since, began = await agent.pid(), platform.position, time.monotonic()
        result = await platform.command("services.restart", {"name": name}, expect="completed")
        assert time.monotonic() - began < 5 and result["output"]["success"] is True, result
        await platform.next("capabilities", since, deadline=30)
        assert await agent.pid() not in (0, pid), name
    # It is rejected if the agent would not start again.
    pid, good = await agent.pid(), agent.config_path.read_text("utf-8")
    agent.config_path.write_text("nats: [\n", "utf-8")
    result = await platform.command("services.restart", {"name": "plusclouds-agent"}, expect="failed")
    agent.config_path.write_text(good, "utf-8")
    assert "agent.yaml" in result["message"], result
    assert await agent.pid() == pid


async def test_operations_that_would_end_the_agent_are_rejected(agent, base):
    _, platform = await agent.running()
    pid = await agent.pid()
    for operation, name in (("stop", "plusclouds-agent"), ("stop", "t-agent"), ("disable", "t-agent"), ("stop", "t-base"),
                            ("start", "t-rival"), ("restart", "t-rival")):
        result = await platform.command(f"services.{operation}", {"name": name}, expect="rejected")
        assert result["code"] == "not_permitted", result
    assert await agent.pid() == pid


async def test_commands_during_shutdown_are_answered(agent, box):
    _, platform = await agent.running(agent__allowed_commands=["/bin/sleep"])
    _, long = await platform.send("exec", {"command": "/bin/sleep", "args": ["60"]}, timeout_s=60)
    await platform.output("system.memory")
    await box.run("systemctl", "restart", "--no-block", UNIT)
    await agent.logged("stopping")
    began = time.monotonic()
    for _ in range(3):
        refused = await platform.command("exec", {"command": "/bin/sleep", "args": ["0"]}, expect="rejected", deadline=5)
        assert refused["code"] == "busy" and "stopping" in refused["message"], refused
        await platform.output("system.memory")
    assert time.monotonic() - began < 8, "the agent had ended by then"
    envelope, _ = await asyncio.wait_for(long, 30)
    assert envelope["payload"]["code"] == "interrupted"
    await box.unit_is(UNIT, "active")
    await until(lambda: [entry["msg"] for entry in agent.log()].count("connected to NATS") == 2, "the next agent")
    await platform.output("exec", {"command": "/bin/sleep", "args": ["0"]}, deadline=20)

"""services.*: every operation on every kind of unit, and the protected units."""

import asyncio
import time

import pytest

OPERATIONS = ("start", "stop", "restart", "reload", "enable", "disable")


def service(exec_start, **lines):
    more = "\n".join(f"{key}={value}" for key, value in lines.items())
    return f"[Service]\nExecStart={exec_start}\n{more}\n[Install]\nWantedBy=multi-user.target\n"


UNITS = {
    "t-running.service": service("/bin/sleep infinity", ExecReload="/bin/true"),
    "t-stopped.service": service("/bin/sleep infinity"),
    "t-template@.service": service("/bin/sleep infinity"),
    "t-fails.service": service("/bin/false", Type="oneshot"),
    "t-slow.service": service("/bin/sleep 20", Type="oneshot", TimeoutStartSec=60),
    "t-stubborn.service": service(
        "/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'", TimeoutStopSec=1, KillMode="control-group"),
    "t-short.service": service("/bin/sleep infinity"),
}


@pytest.fixture
def units(box):
    """The units above, in their state after a boot; t-running runs, t-masked is masked."""
    for name, text in UNITS.items():
        box.write(f"/etc/systemd/system/{name}", text)
    box.path("/etc/systemd/system/t-masked.service").unlink(missing_ok=True)
    box.path("/etc/systemd/system/t-masked.service").symlink_to("/dev/null")
    for alias, target in (("t-alias-of-shell", "debug-shell"), ("t-alias-of-reboot", "systemd-reboot")):
        link = box.path(f"/etc/systemd/system/{alias}.service")
        link.unlink(missing_ok=True)
        link.symlink_to(f"/lib/systemd/system/{target}.service")
    box.run_now("systemctl", "daemon-reload")
    box.run_now("systemctl", "start", "t-running", "t-stubborn")
    yield box
    box.outcome_now("systemctl", "stop", "t-*")
    box.outcome_now("systemctl", "reset-failed", "t-*")
    box.run_now("sh", "-c", "rm -f /etc/systemd/system/t-* /etc/systemd/system/*.wants/t-*; systemctl daemon-reload")


# unit: the answers to start, stop, restart, reload, enable and disable, one after the other on the same unit.
EXPECTED = {
    "t-running": ("completed", "completed", "completed", "completed", "completed", "completed"),
    "t-stopped": ("completed", "completed", "completed", "failed", "completed", "completed"),
    # A masked unit has no links to remove: it stays masked, and the answer states that.
    "t-masked": ("failed", "completed", "failed", "failed", "failed", "failed"),
    "t-missing": ("failed",) * 6,
    "t-template@one": ("completed", "completed", "completed", "failed", "completed", "completed"),
    "t-fails": ("failed", "completed", "failed", "failed", "completed", "completed"),
    # systemd reports a stop as done even if it had to kill processes.
    "t-stubborn": ("completed", "completed", "completed", "failed", "completed", "completed"),
    "two words": ("rejected",) * 6,
    "../../x": ("rejected",) * 6,
    "a" * 300: ("rejected",) * 6,
    "t-running.socket": ("rejected",) * 6,
    "": ("rejected",) * 6,
}


async def test_every_operation_on_every_kind_of_unit(agent, units):
    _, platform = await agent.running()
    seen = {}
    for unit, expected in EXPECTED.items():
        seen[unit] = []
        for operation in OPERATIONS:
            result = await platform.command(f"services.{operation}", {"name": unit}, deadline=40)
            seen[unit].append(result["status"])
            if result["status"] == "failed":
                assert result["output"]["success"] is False and result["message"], result
            elif result["status"] == "completed":
                output = result["output"]
                assert output["success"] is True and output["action"] == operation, result
                assert output["service"] == f"{unit}.service"
        print(f"{unit[:20]:20} " + " ".join(f"{name}:{status}" for name, status in zip(OPERATIONS, seen[unit])))
    assert {unit: tuple(found) for unit, found in seen.items()} == EXPECTED
    # Not only the answer, but the state of the machine has changed.
    assert (await units.unit("t-stubborn", "ActiveState", "Result"))["ActiveState"] == "active"
    missing = await platform.command("services.start", {"name": "t-missing"}, expect="failed")
    assert "unit not found" in missing["message"]


@pytest.mark.parametrize("name", [
    "reboot.target", "systemd-reboot", "systemd-reboot.service", "systemd-poweroff", "systemd-halt", "systemd-kexec",
    "systemd-suspend", "systemd-hibernate", "systemd-hybrid-sleep", "systemd-suspend-then-hibernate",
    "systemd-soft-reboot", "debug-shell", "debug-shell.service", "emergency", "rescue", "poweroff.target",
    "t-alias-of-shell", "t-alias-of-reboot.service",
])
async def test_protected_units_are_rejected(agent, units, name):
    _, platform = await agent.running()
    for operation in OPERATIONS:
        result = await platform.command(f"services.{operation}", {"name": name}, expect="rejected")
        assert result["code"] in ("not_permitted", "invalid_params"), result
    assert (await units.unit("debug-shell.service", "ActiveState"))["ActiveState"] == "inactive"


async def test_the_agent_does_not_stop_itself(agent, units):
    _, platform = await agent.running()
    pid = await agent.pid()
    for operation in ("stop", "disable"):
        result = await platform.command(f"services.{operation}", {"name": "plusclouds-agent"}, expect="rejected")
        assert result["code"] == "not_permitted"
    assert (await units.unit(agent.unit, "ActiveState", "UnitFileState")) == {
        "ActiveState": "active", "UnitFileState": "enabled"}
    assert await agent.pid() == pid


async def test_a_slow_start_delays_no_other_command(agent, units):
    _, platform = await agent.running(agent__allowed_commands=["/bin/echo"])
    began = time.monotonic()
    _, slow = await platform.send("services.start", {"name": "t-slow"}, timeout_s=60)
    await units.unit_is("t-slow.service", "activating")
    for _ in range(20):
        await platform.output("system.memory")
        await platform.output("services.get", {"name": "t-running"})
    output = await platform.output("exec", {"command": "/bin/echo", "args": ["beside"], "parallel": True})
    assert output["stdout"] == "beside\n"
    assert time.monotonic() - began < 15, "the others waited for the slow one"
    state = await platform.output("services.get", {"name": "t-slow"})
    assert state["state"] == "unknown" and state["sub_state"] == "start"
    envelope, _ = await asyncio.wait_for(slow, 40)
    assert envelope["payload"]["status"] == "completed"
    assert time.monotonic() - began >= 19


async def test_the_list_matches_systemd(agent, units):
    _, platform = await agent.running()
    found = {unit["name"]: unit for unit in await platform.output("services.list")}
    text = await units.run("systemctl", "list-units", "--all", "--type=service", "--plain", "--no-legend", "--full")
    loaded = {line.split()[0]: line.split()[1:4] for line in text.splitlines()}
    expected = {name for name, (load, _, _) in loaded.items() if load != "not-found"}
    assert set(found) == expected
    for name in sorted(expected):
        shown = await units.unit(
            name, "ActiveState", "SubState", "UnitFileState", "MainPID", "StateChangeTimestamp", "Description")
        unit = found[name]
        assert unit["description"] == shown["Description"]
        assert unit["enabled"] == (shown["UnitFileState"] in ("enabled", "enabled-runtime")), name
        if name in ("t-running.service", "t-masked.service"):
            assert unit["state"] == shown["ActiveState"]
            assert str(unit.get("pid", 0)) == shown["MainPID"]
    running = found["t-running.service"]
    assert abs(running["since"] - time.time()) < 60
    assert "pid" not in found["t-masked.service"] if "t-masked.service" in found else True
    assert await platform.output("services.get", {"name": "t-running"}) == running


async def test_services_work_in_the_old_sandbox(old_agent, units):
    """With ProtectSystem=strict and only the log and configuration folders writable, no operation fails."""
    _, platform = await old_agent.running(agent__allowed_commands=["/usr/bin/touch", "/usr/bin/id"])
    for operation, name in (
            ("stop", "t-running"), ("start", "t-running"), ("restart", "t-running"), ("reload", "t-running"),
            ("enable", "t-stopped"), ("disable", "t-stopped")):
        await platform.output(f"services.{operation}", {"name": name})
    assert "t-running.service" in [unit["name"] for unit in await platform.output("services.list")]
    assert "uid=0(root)" in (await platform.output("exec", {"command": "/usr/bin/id"}))["stdout"]
    # The agent's sandbox does not apply to a program.
    await platform.output("exec", {"command": "/usr/bin/touch", "args": ["/srv/by-exec"]})
    assert units.path("/srv/by-exec").exists()
    units.path("/srv/by-exec").unlink()
    assert (await platform.output("agent.status"))["journal"] == "durable"


@pytest.fixture
def many_units(box):
    """1,500 loaded services with long names, which are not started."""
    names = [f"t-many-with-a-name-that-is-long-enough-to-matter@{number:04}.service" for number in range(1500)]
    template = "/etc/systemd/system/t-many-with-a-name-that-is-long-enough-to-matter@.service"
    box.write(template, "[Unit]\nDescription=One of many, with some words on what it is for\n"
                        "ConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/true\n")
    wants = "".join(f"Wants={' '.join(names[start:start + 50])}\n" for start in range(0, len(names), 50))
    box.write("/etc/systemd/system/t-many.target", f"[Unit]\nDescription=Many\n{wants}")
    box.run_now("systemctl", "daemon-reload")
    box.run_now("systemctl", "start", "t-many.target", deadline=120)
    yield names
    box.outcome_now("systemctl", "stop", "t-many.target")
    box.run_now("sh", "-c", "rm -f /etc/systemd/system/t-many*; systemctl daemon-reload")


async def test_a_list_over_the_message_size_is_shortened(agent, many_units):
    _, platform = await agent.running(server_options={"extra": {"max_payload": 64 << 10}})
    _, listing = await platform.send("services.list")
    # Queries do not wait for the list.
    unit = await platform.output("services.get", {"name": many_units[0]})
    assert unit["name"] == many_units[0]
    assert not listing.done(), "the question waited for the list"
    envelope, message = await asyncio.wait_for(listing, 30)
    result = envelope["payload"]
    assert (result["status"], result["truncated"]) == ("completed", True), str(result)[:500]
    listed = [service["name"] for service in result["output"]]
    assert len(message.data) <= 64 << 10 and 200 < len(listed) < 1500
    assert listed == sorted(listed), "the first ones by name, each of them whole"
    total = int(result["message"].split(" of ")[1].split()[0])
    assert total >= 1500 and result["message"].startswith(f"too large for one message: {total - len(listed)} of {total}")

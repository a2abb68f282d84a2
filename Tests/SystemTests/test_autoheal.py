"""Autoheal on real units that fail."""

import asyncio

import pytest


def unit(exec_start, install="multi-user.target", **lines):
    more = "\n".join(f"{key}={value}" for key, value in lines.items())
    return f"[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart={exec_start}\n{more}\n[Install]\nWantedBy={install}\n"


COUNTS = "/bin/sh -c 'echo started >> /run/%n; sleep 0.1; exit 3'"


@pytest.fixture
def healing(agent, box):
    """Installs and enables units, and starts an agent with a restart delay of half a second."""
    names = []

    async def start(units, **changes):
        for name, text in units.items():
            names.append(name)
            await asyncio.to_thread(box.write, f"/etc/systemd/system/{name}", text)
        await box.run("systemctl", "daemon-reload")
        for name in units:
            if name.endswith((".service", ".timer")):
                await box.outcome("systemctl", "enable", name)
        _, platform = await agent.running(**{"autoheal__restart_delay": "500ms", "autoheal__max_restarts": 3, **changes})
        return platform
    yield start
    for name in names:
        box.outcome_now("systemctl", "disable", "--now", name)
        box.path(f"/etc/systemd/system/{name}").unlink(missing_ok=True)
        box.outcome_now("rm", "-f", f"/run/{name}")
    box.outcome_now("systemctl", "reset-failed")
    box.run_now("systemctl", "daemon-reload")


def codes(platform, name):
    return [event.payload["code"] for event in platform.all("alert") if event.payload["object_id"] == name]


async def alerted(platform, name, code, deadline=60):
    while code not in codes(platform, name):
        await platform.next("alert", platform.position, deadline=deadline)
    return [event.payload for event in platform.all("alert")
            if event.payload["object_id"] == name and event.payload["code"] == code]


def starts(box, name):
    path = box.path(f"/run/{name}")
    return len(path.read_text(encoding="ascii").splitlines()) if path.exists() else 0


async def test_a_crash_loop_ends_at_the_limit(box, healing):
    platform = await healing({"h-loop.service": unit(COUNTS)})
    await box.outcome("systemctl", "start", "h-loop.service")
    gave_up = await alerted(platform, "h-loop.service", "SERVICE_GIVEN_UP", deadline=90)
    assert len(gave_up) == 1 and gave_up[0]["severity"] == "critical"
    # One start by the operator, three by the agent.
    assert starts(box, "h-loop.service") == 4
    await asyncio.sleep(3)  # No restart may follow, which shows only after some time.
    assert starts(box, "h-loop.service") == 4
    assert codes(platform, "h-loop.service").count("SERVICE_GIVEN_UP") == 1
    assert codes(platform, "h-loop.service").count("SERVICE_FAILED") <= 4
    assert (await box.unit("h-loop.service", "ActiveState"))["ActiveState"] == "failed"


async def test_a_killed_service_is_restarted(box, healing):
    platform = await healing({"h-killed.service": unit("/bin/sleep infinity")})
    await box.run("systemctl", "start", "h-killed.service")
    await box.run("systemctl", "kill", "--signal=KILL", "h-killed.service")
    failed = await alerted(platform, "h-killed.service", "SERVICE_FAILED")
    assert failed[0]["object_type"] == "system"
    await box.unit_is("h-killed.service", "active")
    recovered = await alerted(platform, "h-killed.service", "SERVICE_RECOVERED", deadline=90)
    assert len(recovered) == 1 and recovered[0]["severity"] == "info"


async def test_a_service_is_restarted_after_systemd_has_given_up(box, healing):
    text = unit(COUNTS, Restart="on-failure", RestartSec="50ms").replace(
        "StartLimitIntervalSec=0", "StartLimitIntervalSec=60\nStartLimitBurst=2")
    platform = await healing({"h-limited.service": text})
    await box.outcome("systemctl", "start", "h-limited.service")
    await alerted(platform, "h-limited.service", "SERVICE_GIVEN_UP", deadline=90)
    # systemd's own start limit was reset for each attempt.
    assert starts(box, "h-limited.service") == 2 + 3 * 2


LEFT_ALONE = {
    "h-oneshot.service": unit("/bin/sh -c 'echo started >> /run/%n; exit 1'", Type="oneshot"),
    "h-disabled.service": unit(COUNTS),
    "h-by-timer.service": unit(COUNTS),
    "h-excluded.service": unit(COUNTS),
    "h-stop-times-out.service": unit(
        "/bin/sh -c 'echo started >> /run/%n; trap \"\" TERM; while :; do sleep 0.1; done'", TimeoutStopSec=1),
    "h-stop-fails.service": unit(
        "/bin/sh -c 'echo started >> /run/%n; trap \"exit 9\" TERM; while :; do sleep 0.1; done'"),
    "h-stopped.service": unit("/bin/sh -c 'echo started >> /run/%n; exec sleep infinity'"),
    "h-by-timer.timer": "[Timer]\nOnActiveSec=1d\n[Install]\nWantedBy=timers.target\n",
}


async def test_excluded_services_are_never_restarted(box, healing):
    platform = await healing(LEFT_ALONE, autoheal__exclude=["h-excl*"])
    await box.run("systemctl", "disable", "h-disabled.service")
    await box.run("systemctl", "start", "h-by-timer.timer")
    for name in ("h-oneshot", "h-disabled", "h-by-timer", "h-excluded", "h-stop-times-out", "h-stop-fails", "h-stopped"):
        await box.outcome("systemctl", "start", f"{name}.service")
    for name in ("h-stop-times-out", "h-stop-fails"):
        await box.file_appears(f"/run/{name}.service")
        await platform.command("services.stop", {"name": name})
    await platform.output("services.stop", {"name": "h-stopped"})
    for name in ("h-oneshot", "h-disabled", "h-by-timer", "h-stop-times-out", "h-stop-fails"):
        await box.unit_is(f"{name}.service", "failed")
        await alerted(platform, f"{name}.service", "SERVICE_FAILED")
    await asyncio.sleep(3)  # Nothing is to happen.
    for name in LEFT_ALONE:
        if name.endswith(".service"):
            assert starts(box, name) == 1, name
            assert "SERVICE_RECOVERED" not in codes(platform, name)
    assert (await box.unit("h-stopped.service", "ActiveState"))["ActiveState"] == "inactive"


async def test_a_manual_stop_cancels_the_restart(box, healing):
    platform = await healing({"h-won.service": unit(COUNTS)}, autoheal__restart_delay="3s")
    await box.outcome("systemctl", "start", "h-won.service")
    await alerted(platform, "h-won.service", "SERVICE_FAILED")
    await platform.command("services.stop", {"name": "h-won"})
    await box.run("systemctl", "reset-failed", "h-won.service")
    await asyncio.sleep(5)  # Nothing is to happen.
    assert starts(box, "h-won.service") == 1


async def test_a_service_that_failed_before_is_reported_only(box, agent, healing):
    await asyncio.to_thread(box.write, "/etc/systemd/system/h-before.service", unit(COUNTS))
    await box.run("systemctl", "daemon-reload")
    await box.outcome("systemctl", "enable", "h-before.service")
    await box.outcome("systemctl", "start", "h-before.service")
    await box.unit_is("h-before.service", "failed")
    platform = await healing({"h-before.service": unit(COUNTS)})
    await alerted(platform, "h-before.service", "SERVICE_FAILED")
    await box.run("systemctl", "restart", "dbus")
    await platform.output("services.get", {"name": "h-before"})
    await asyncio.sleep(3)  # Nothing is to happen.
    assert starts(box, "h-before.service") == 1
    assert codes(platform, "h-before.service").count("SERVICE_FAILED") == 1

"""services.enable and services.disable: answers match the state for every kind of unit file."""

import pytest

SERVICE = "[Service]\nExecStart=/bin/sleep infinity\n"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"
GENERATOR = """\
#!/bin/sh
mkdir -p "$1/multi-user.target.wants"
printf '[Unit]\\nDescription=made\\n[Service]\\nExecStart=/bin/sleep infinity\\n' >"$1/f-made.service"
ln -sf ../f-made.service "$1/multi-user.target.wants/f-made.service"
"""
INIT_SCRIPT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          f-script
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: made up by a test
### END INIT INFO
exit 0
"""
FILES = {
    "/etc/systemd/system/f-plain.service": SERVICE + INSTALL,
    "/etc/systemd/system/f-static.service": SERVICE,
    "/etc/systemd/system/f-runtime.service": SERVICE + INSTALL,
    "/etc/systemd/system/f-indirect.service": SERVICE + "[Install]\nAlso=f-also.service\n",
    "/etc/systemd/system/f-also.service": SERVICE + INSTALL,
    "/etc/systemd/system/f-long.service": SERVICE + INSTALL + "Alias=f-short.service\n",
    "/opt/f-linked.service": SERVICE + INSTALL,
}


@pytest.fixture
def unit_files(box):
    for path, text in FILES.items():
        box.write(path, text)
    box.write("/etc/systemd/system-generators/f-made", GENERATOR, 0o755)
    box.write("/etc/init.d/f-script", INIT_SCRIPT, 0o755)
    box.run_now("ln", "-sfn", "/dev/null", "/etc/systemd/system/f-masked.service")
    box.run_now("systemctl", "daemon-reload")
    box.run_now("systemctl", "enable", "--runtime", "f-runtime", "f-long")
    box.run_now("systemctl", "enable", "f-long", "f-also")
    box.run_now("systemctl", "link", "/opt/f-linked.service")
    box.run_now("systemd-run", "--unit=f-transient", "sleep", "infinity")
    yield box
    box.outcome_now("systemctl", "stop", "f-*")
    box.outcome_now("systemctl", "disable", "f-plain", "f-runtime", "f-also", "f-long", "f-linked")
    box.run_now("sh", "-c", "rm -f /etc/systemd/system/f-* /etc/systemd/system/*.wants/f-* /run/systemd/system/*.wants/f-* "
                            "/run/systemd/system/f-* /opt/f-linked.service /etc/systemd/system-generators/f-made "
                            "/etc/init.d/f-script /etc/rc?.d/???f-script; systemctl daemon-reload")


async def state(box, unit):
    return (await box.outcome("systemctl", "is-enabled", unit)).out.strip()


async def changed(platform, operation, unit, expect):
    result = await platform.command(f"services.{operation}", {"name": unit}, expect=expect)
    assert result["output"]["success"] is (expect == "completed")
    print(f"{operation} {unit}: {result['status']}: {result['output']['message']}")
    return result["output"]["message"]


async def test_unchangeable_units_fail_without_a_change(agent, unit_files):
    _, platform = await agent.running()
    for unit, kind in (("f-made", "generated"), ("f-static", "static"), ("f-masked", "masked"), ("f-transient", "transient")):
        assert await state(unit_files, unit) == kind
        for operation in ("disable", "enable"):
            message = await changed(platform, operation, unit, "failed")
            assert "nothing was changed" in message, message
        assert await state(unit_files, unit) == kind
    made = await changed(platform, "disable", "f-made", "failed")
    assert "generated" in made and "multi-user.target" in made, made
    # The requested state already exists: completed, with the note that nothing was changed.
    assert "nothing was changed" in await changed(platform, "disable", "f-plain", "completed")


async def test_an_enabled_runtime_unit_is_disabled(agent, unit_files):
    _, platform = await agent.running()
    assert await state(unit_files, "f-runtime") == "enabled-runtime"
    await changed(platform, "disable", "f-runtime", "completed")
    assert await state(unit_files, "f-runtime") == "disabled"
    # Enabled both permanently and until the next boot, and by its alias.
    await changed(platform, "disable", "f-short", "completed")
    assert await state(unit_files, "f-long") == "disabled"
    await changed(platform, "enable", "f-long", "completed")
    assert await state(unit_files, "f-long") == "enabled" and await state(unit_files, "f-short") == "alias"
    await changed(platform, "enable", "f-short", "completed")


async def test_linked_and_indirect_units_are_enabled_and_disabled(agent, unit_files):
    _, platform = await agent.running()
    await changed(platform, "enable", "f-linked", "completed")
    assert await state(unit_files, "f-linked") == "enabled"
    await changed(platform, "disable", "f-linked", "completed")
    assert not unit_files.path("/etc/systemd/system/multi-user.target.wants/f-linked.service").is_symlink()
    await changed(platform, "disable", "f-indirect", "completed")
    assert await state(unit_files, "f-also") == "disabled"
    assert "nothing was changed" in await changed(platform, "disable", "f-indirect", "failed")
    await changed(platform, "enable", "f-indirect", "completed")
    assert await state(unit_files, "f-also") == "enabled"


async def test_an_init_script_is_enabled_as_systemctl_does_it(agent, unit_files):
    box = unit_files
    _, platform = await agent.running()

    async def links():
        return (await box.sh("cd /etc; ls -d rc?.d/S??f-script 2>/dev/null || true")).split()
    assert not await links()
    await changed(platform, "enable", "f-script", "completed")
    assert await links() and await state(box, "f-script") == "enabled"
    assert "nothing was changed" in await changed(platform, "enable", "f-script", "completed")
    await changed(platform, "disable", "f-script", "completed")
    assert not await links()
    # It is not possible without the distribution's program.
    tool = box.path("/usr/lib/systemd/systemd-sysv-install")
    tool.rename(tool.with_suffix(".away"))
    try:
        message = await changed(platform, "enable", "f-script", "failed")
        assert "nothing was changed" in message and "systemd-sysv-install" in message, message
    finally:
        tool.with_suffix(".away").rename(tool)


async def test_a_generated_unit_started_at_boot_is_restarted(agent, unit_files):
    box = unit_files
    _, platform = await agent.running(autoheal__restart_delay="500ms")
    await box.run("systemctl", "start", "f-made")
    first = (await box.unit("f-made.service", "MainPID"))["MainPID"]
    await box.run("kill", "-SEGV", first)
    failed = await platform.alerted("SERVICE_FAILED", "f-made.service")
    assert "not_restarted" not in failed.payload["details"], failed.payload
    await box.unit_is("f-made.service", "active")
    assert (await box.unit("f-made.service", "MainPID"))["MainPID"] not in ("0", first)
    await box.run("systemctl", "stop", "f-made")

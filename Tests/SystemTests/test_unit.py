"""The package's unit: the sandbox of the agent, and its sufficiency for all operations."""

import asyncio
import os
import pathlib
import re
import subprocess
import time

import pytest

from harness.hanging import HangingMount
from harness.waiting import until
from systembox import Disk
from systembox.box import REBOOTED
from unit_agent import UnitAgent

UNIT = "plusclouds-agent.service"
# 3.1 with systemd 252; other versions rate slightly differently.
EXPOSURE_LIMIT = 3.5


def _install(box, deb):
    box.copy_in(deb, "/var/tmp/plusclouds-agent.deb")
    box.run_now("dpkg", "--install", "/var/tmp/plusclouds-agent.deb")
    return box


async def in_the_sandbox(box, script):
    """Runs a script in place of the agent, in the sandbox of its unit. Returns its output."""
    await _add_probe(box, script)
    found = await box.outcome("systemctl", "start", "probe.service")
    said = box.read("/run/probe.out")
    assert found.code == 0, said + found.text
    return said


async def _add_probe(box, script):
    unit = box.read(await _fragment(box))
    unit = re.sub(r"^(Type|NotifyAccess|WatchdogSec|Restart|RestartSec|ExecReload|RestartPrevent\w+)=.*\n", "", unit,
                  flags=re.M)
    unit = re.sub(r"^ExecStart=.*$", "Type=oneshot\nExecStart=/bin/bash -euc '. /usr/local/lib/probe'\n"
                                     "StandardOutput=file:/run/probe.out\nStandardError=inherit", unit, flags=re.M)
    box.write("/usr/local/lib/probe", script)
    await box.add_unit("probe.service", unit)


async def _fragment(box):
    return (await box.run("readlink", "-f", (await box.unit(UNIT, "FragmentPath"))["FragmentPath"])).strip()


async def test_the_unit_is_sandboxed(installed_box):
    text = await installed_box.run("systemd-analyze", "security", "--no-pager", UNIT)
    exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", text).group(1))
    print(f"exposure {exposure}")
    assert exposure <= EXPOSURE_LIMIT, text


async def test_the_figures_of_the_readme_are_true(agent):
    """Size, memory and exposure match the README, except for debug builds."""
    readme = (pathlib.Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    size, memory = re.search(r"One binary of (\d+) MB that needs glibc only and about (\d+) MB of memory \(", readme).groups()
    exposure, version = re.search(r"rates it (\d\.\d) \(systemd (\d+), ", readme).groups()
    await agent.running(agent__telemetry_interval="1s")
    box = agent.box
    if (await box.run("systemctl", "--version")).startswith(f"systemd {version} "):
        text = await box.run("systemd-analyze", "security", "--no-pager", UNIT)
        assert f"exposure level for {UNIT}: {exposure} " in text, text
    program = box.path("/usr/bin/plusclouds-agent")
    sections = subprocess.run(["readelf", "--sections", "--wide", program], capture_output=True, text=True, check=True).stdout
    if ".symtab" in sections or os.uname().machine != "x86_64":
        return
    assert abs(program.stat().st_size / 1e6 - int(size)) < 1, program.stat().st_size
    status = box.read(f"/proc/{await agent.pid()}/status")
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024
    print(f"size {program.stat().st_size}, resident {resident}")
    assert abs(resident / 1e6 - int(memory)) < 4, resident


async def test_systemd_accepts_every_line_of_the_unit(installed_box):
    found = await installed_box.outcome("systemd-analyze", "verify", "--man=no", await _fragment(installed_box))
    assert UNIT not in found.text, found.text


async def test_a_killed_agent_is_restarted(agent):
    await agent.running()
    before = await agent.pid()
    await agent.kill()
    # RestartSec is 5 s.
    end = time.monotonic() + 60
    while await agent.pid() in (0, before):
        assert time.monotonic() < end, "it did not come back"
        await asyncio.sleep(0.05)
    await agent.box.unit_is(UNIT, "active")


async def test_a_hanging_mount_does_not_delay_a_start(agent, request):
    mount = HangingMount("/mnt/hanging", beside=agent.box.pid)
    request.addfinalizer(mount.close)
    _, platform = await agent.running(agent__telemetry_interval="1s", agent__allowed_commands=["/bin/true"])
    await platform.alerted("MOUNT_UNRESPONSIVE", mount.path)

    since = platform.position
    began = time.monotonic()
    await agent.box.run("systemctl", "restart", UNIT)
    print(f"\nrestarted beside a mount that hangs: {time.monotonic() - began:.1f} s")
    # TimeoutStopSec is 45 s.
    assert time.monotonic() - began < 30
    await platform.alerted("MOUNT_UNRESPONSIVE", mount.path, since)

    since = platform.position
    await agent.kill()
    began = time.monotonic()
    await platform.alerted("MOUNT_UNRESPONSIVE", mount.path, since, deadline=40)
    print(f"killed beside it: reported again after {time.monotonic() - began:.1f} s")
    await platform.output("exec", {"command": "/bin/true"})


async def test_systemd_runs_what_the_sandbox_forbids(installed_box):
    box = installed_box
    await box.add_unit("probed.service", "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n")
    said = await in_the_sandbox(box, """
        systemctl start probed.service
        systemctl restart probed.service
        systemctl enable probed.service
        systemctl disable probed.service
        systemctl stop probed.service
        systemd-run --wait --pipe --unit=plusclouds-exec-probe.service sh -c "id -u; touch /root/written-outside; rm /root/written-outside"
        systemd-run --wait --pipe --unit=plusclouds-update.service -p User=nobody id -un
        systemd-inhibit --what=shutdown --who=probe --why=test --mode=block true
        busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager CanReboot
        journalctl -n 1 -o cat >/dev/null
        adjtimex=$(timedatectl show -p NTPSynchronized --value)
        """)
    assert "0\n" in said and "nobody\n" in said and 's "yes"\n' in said, said


async def test_the_sandbox_permits_a_reboot_request(boxes, deb):
    box = _install(boxes.boot(), deb)
    await _add_probe(box, """
        busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager Reboot b false
        """)
    await box.run("systemctl", "start", "--no-block", "probe.service")
    assert await box.ended() == REBOOTED


async def test_the_sandbox_forbids_writes_mounts_and_namespaces(installed_box):
    said = await in_the_sandbox(installed_box, """
        for path in /etc/x /usr/x /root/x /home/x /boot/x /proc/sys/kernel/core_pattern /sys/x /var/tmp/../x; do
          if (: >$path) 2>/dev/null; then echo "wrote $path"; fi
        done
        for path in /var/lib/plusclouds/x /var/log/plusclouds/x /tmp/x; do : >$path; rm $path; done
        if unshare --user true 2>/dev/null; then echo "made a namespace"; fi
        if mount -t tmpfs none /mnt 2>/dev/null; then echo "mounted"; fi
        if chown nobody /var/lib/plusclouds 2>/dev/null; then echo "gave a file away"; fi
        grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status
        """)
    for wrong in ("wrote", "made", "mounted", "gave"):
        assert wrong not in said, said
    # CAP_DAC_READ_SEARCH, CAP_KILL and CAP_SYSLOG.
    assert re.search(r"CapBnd:\t0*400000024\nNoNewPrivs:\t1\nSeccomp:\t2", said), said


async def test_the_unit_has_resource_limits(agent):
    await agent.running()
    found = await agent.box.unit(UNIT, "MemoryMax", "TasksMax", "CPUQuotaPerSecUSec", "OOMScoreAdjust")
    assert found == {"MemoryMax": str(256 << 20), "TasksMax": "128", "CPUQuotaPerSecUSec": "500ms", "OOMScoreAdjust": "-500"}
    pid = await agent.pid()
    if int(re.search(r"CapEff:\s+(\w+)", agent.box.read("/proc/1/status")).group(1), 16) & 1 << 24:
        # CAP_SYS_RESOURCE, without which even root cannot lower it.
        assert agent.box.read(f"/proc/{pid}/oom_score_adj") == "-500\n"
    status = agent.box.read(f"/proc/{pid}/status")
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))
    assert resident < 64 << 10, "far from its limit"


async def test_log_and_state_are_private(agent):
    await agent.running()
    assert agent.log_path.stat().st_mode & 0o777 == 0o640
    modes = await agent.box.run("stat", "-c", "%a %U", "/var/lib/plusclouds", "/var/log/plusclouds")
    assert modes == "700 root\n750 root\n"


async def test_variables_of_the_environment_file_are_applied(agent):
    agent.box.write("/etc/plusclouds/environment", "PLUSCLOUDS_AGENT_LOG_LEVEL=debug\n", 0o600)
    try:
        await agent.running(agent__telemetry_interval="1s")
        await agent.logged_matching(lambda entry: entry["level"] == "debug", "an entry of level debug")
    finally:
        agent.box.path("/etc/plusclouds/environment").unlink()


# Telemetry from inside the sandbox

@pytest.fixture
def agent_with_disks(boxes, deb, lab):
    """The installed agent on a machine with several file systems."""
    box = _install(boxes.boot(Disk("/home", 64), Disk("/tmp", 48), Disk("/srv/data", 32), Disk("/var/lib/plusclouds", 16)), deb)
    return UnitAgent(box, lab).clean_now()


async def test_separate_file_systems_are_in_telemetry(agent_with_disks):
    agent = agent_with_disks
    _, platform = await agent.running(agent__telemetry_interval="1s")
    disks = {disk["mountpoint"]: disk for disk in (await platform.next("telemetry")).payload["disks"]}
    assert {"/home", "/tmp", "/srv/data", "/var/lib/plusclouds"} <= set(disks), disks
    for mountpoint in ("/home", "/tmp", "/srv/data"):
        # 1 KiB blocks as counted by df outside of the sandbox.
        line = (await agent.box.run("df", "--output=source,size,used", mountpoint)).splitlines()[1].split()
        assert disks[mountpoint]["device"] == line[0]
        assert disks[mountpoint]["fstype"] == "ext4"
        assert disks[mountpoint]["total_bytes"] == int(line[1]) * 1024
        assert abs(disks[mountpoint]["used_bytes"] - int(line[2]) * 1024) <= 256 << 10

    await agent.box.run("dd", "if=/dev/zero", "of=/home/filled", "bs=1M", "count=20", "status=none")

    def grown():
        last = platform.all("telemetry")[-1].payload["disks"]
        return [disk for disk in last if disk["mountpoint"] == "/home"
                and disk["used_bytes"] > disks["/home"]["used_bytes"] + (19 << 20)]
    await until(grown, "20 MiB more in /home")


async def test_a_later_mount_is_in_telemetry(agent_with_disks):
    agent = agent_with_disks
    _, platform = await agent.running(agent__telemetry_interval="1s")

    def mounted():
        return {disk["mountpoint"] for disk in platform.all("telemetry")[-1].payload["disks"]}
    await agent.box.run("sh", "-c", "mkdir /home/deep /mnt/moved && mount --bind /srv/data /mnt/moved && umount /srv/data")
    await until(lambda: "/mnt/moved" in mounted() and "/srv/data" not in mounted(), "the disk at its new place")


async def test_a_hanging_agent_is_restarted(agent, box):
    folder = f"/run/systemd/system/{UNIT}.d"
    await asyncio.to_thread(box.write, f"{folder}/watchdog.conf", "[Service]\nWatchdogSec=2\nRestartSec=100ms\n")
    await box.run("systemctl", "daemon-reload")
    try:
        _, platform = await agent.running()
        first = await agent.pid()
        await asyncio.sleep(5)  # A healthy agent is not restarted, which shows only after some time.
        assert await agent.pid() == first
        since = platform.position
        await box.run("kill", "-STOP", str(first))
        await platform.next("capabilities", since, deadline=60)
        assert await agent.pid() not in (0, first)
        assert (await box.unit(UNIT, "NRestarts"))["NRestarts"] == "1"
    finally:
        await box.run("rm", "-r", folder)
        await box.run("systemctl", "daemon-reload")

"""The box, on which the other tests depend."""

import os
import pathlib
import signal
import subprocess
import sys
import textwrap

from harness.waiting import until
from systembox.box import REBOOTED
from systembox import Disk


def _traces(word):
    """Possible remains of a box: processes, control groups, folders, loop devices."""
    found = [f"mount {line.split()[4]}" for line in open("/proc/self/mountinfo", encoding="utf-8") if word in line]
    found += [str(path) for path in pathlib.Path("/tmp").glob(f"{word}*")]
    for root in [line.split()[4] for line in open("/proc/self/mountinfo", encoding="utf-8") if " - cgroup" in line]:
        found += [str(path) for path in pathlib.Path(root).glob(f"{word}*")]
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if word.encode() in pathlib.Path(f"/proc/{name}/cmdline").read_bytes():
                found.append(f"process {name}")
        except OSError:
            continue
    for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        if word in path.read_text(encoding="utf-8"):
            found.append(str(path))
    return found


async def test_the_box_is_a_separate_machine(box):
    assert await box.run("systemctl", "is-system-running") == "running\n"
    assert await box.run("hostname") == "box\n"
    assert (await box.run("cat", "/proc/1/comm")) == "systemd\n"
    own = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    assert await box.run("cat", "/proc/sys/kernel/random/boot_id") != own

async def test_the_box_cannot_harm_this_machine(box):
    # Inspected, never tried: if the protection were missing, an attempt would cause the harm.
    sys_module, sys_rawio, sys_time = 1 << 16, 1 << 17, 1 << 25
    for process in ("1", "self"):
        status = await box.run("cat", f"/proc/{process}/status")
        for line in (line for line in status.splitlines() if line.startswith(("CapBnd", "CapEff", "CapPrm"))):
            assert int(line.split()[1], 16) & (sys_module | sys_rawio | sys_time) == 0, f"{process}: {line}"
    for place in ("/proc/sys", "/sys"):
        assert "ro" in (await box.run("findmnt", "-n", "-o", "OPTIONS", place)).strip().split(",")
    devices = await box.run("ls", "/dev")
    assert not {"kmsg", "mem", "port", "tty1", "vda", "sda"} & set(devices.split())


async def test_the_box_keeps_its_disks_over_a_reboot(boxes):
    box = boxes.boot(Disk("/home"))
    first = box.read("/proc/sys/kernel/random/boot_id")
    box.write("/root/kept", "yes")
    box.write("/home/kept", "yes")
    box.write("/tmp/gone", "yes")
    await box.outcome("systemctl", "reboot")
    assert await box.ended() == REBOOTED
    await box.boot_again()
    assert box.read("/proc/sys/kernel/random/boot_id") != first
    assert box.read("/root/kept") == box.read("/home/kept") == "yes"
    assert not box.path("/tmp/gone").exists()
    assert "ext4" in await box.run("findmnt", "--noheadings", "--output", "FSTYPE", "/home")


async def test_a_program_inside_receives_its_signals(own_box, tmp_path):
    sleeper = own_box.start("sleep", "600", log_path=tmp_path / "sleep.log")
    assert sleeper.inner_pid is not None
    sleeper.send(signal.SIGTERM)
    assert await sleeper.ended() != 0


async def test_nothing_is_left_of_a_box(boxes, tmp_path):
    box = boxes.boot(Disk("/home", 16))
    assert any(trace.startswith("process") for trace in _traces(box.name))
    box.start("sleep", "600", log_path=tmp_path / "sleep.log")
    box.down()
    assert not _traces(box.name)


async def test_nothing_is_left_when_the_tests_are_killed():
    here = pathlib.Path(__file__).parent
    script = textwrap.dedent("""
        import sys, time
        sys.path[:0] = sys.argv[1:]
        from systembox import Box, Disk
        box = Box(Disk("/home", 16)).boot()
        print(box.name, flush=True)
        time.sleep(600)
        """)
    with subprocess.Popen([sys.executable, "-c", script, str(here), str(here.parent / "Acceptance")],
                          stdout=subprocess.PIPE, text=True) as process:
        name = process.stdout.readline().strip()
        assert any(trace.startswith("process") for trace in _traces(name))
        process.kill()
    await until(lambda: not _traces(name), f"the end of {name}")

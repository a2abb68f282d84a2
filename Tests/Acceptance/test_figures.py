"""The agent's figures compared with those of the system, under load. A figure has to lie between the readings just before and
just after, with a tolerance of two percent."""

import asyncio
import os
import re
import subprocess
import time

import pytest

from harness.process import run

TOLERANCE = 0.02
WINDOW_S = 3


def near(value, *readings, slack=0):
    """Between the readings, widened by the tolerance."""
    low, high = min(readings), max(readings)
    return low * (1 - TOLERANCE) - slack <= value <= high * (1 + TOLERANCE) + slack


class Load:
    """Processes that keep the machine busy until the test ends."""

    def __init__(self, lab):
        self.lab = lab

    def start(self, *arguments):
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL, start_new_session=True)

        def end():
            os.killpg(process.pid, 9)
            process.wait()
        self.lab.closing(end)

    def processor(self):
        self.start("/bin/sh", "-c", "while :; do :; done")

    def disk(self):
        target = self.lab.folder / "load"
        self.start("/bin/sh", "-c", f"while :; do dd if=/dev/zero of={target} bs=1M count=64 conv=fdatasync; "
                                    f"dd if={target} of=/dev/null bs=1M iflag=direct; done")


def processor_times():
    """(busy, all) ticks of each line of /proc/stat: idle and iowait are idle, guest is in user already."""
    times = {}
    with open("/proc/stat", encoding="ascii") as stat:
        for line in stat:
            if line.startswith("cpu"):
                name, *ticks = line.split()
                ticks = [int(tick) for tick in ticks[:8]]
                times[name] = (sum(ticks) - ticks[3] - ticks[4], sum(ticks))
    return times


async def test_processor_usage_matches_the_kernel(lab):
    _, _, platform = await lab.running()
    Load(lab).processor()
    await asyncio.sleep(0.5)
    before_first = processor_times()
    await platform.output("system.cpu")
    after_first = processor_times()
    await asyncio.sleep(WINDOW_S)
    before_second = processor_times()
    cpu = await platform.output("system.cpu")
    after_second = processor_times()

    def usages(name):
        for start in (before_first, after_first):
            for end in (before_second, after_second):
                busy, total = (end[name][part] - start[name][part] for part in (0, 1))
                yield 100 * busy / total
    # A window of seconds has few ticks: one tick is a third of a percent.
    assert near(cpu["usage_pct"], *usages("cpu"), slack=1)
    for core in cpu["cores"]:
        assert near(core["usage_pct"], *usages(f"cpu{core['id']}"), slack=1.5)
    assert max(core["usage_pct"] for core in cpu["cores"]) > 20, "the load is not to be seen"
    assert all(abs(mine - theirs) < 0.5 for mine, theirs in zip(cpu["load_avg"], os.getloadavg()))


async def free_columns():
    lines = (await run("free", "-bw")).splitlines()
    names, values = lines[0].split(), [int(value) for value in lines[1].split()[1:]]
    columns = dict(zip(names, values))
    columns["in_use"] = columns["total"] - columns["free"] - columns["buffers"] - columns["cache"]
    swap = [int(value) for value in lines[2].split()[1:3]]
    return columns, swap


async def test_memory_matches_free(lab):
    _, _, platform = await lab.running()
    before, swap = await free_columns()
    memory = await platform.output("system.memory")
    after, _ = await free_columns()
    assert memory["total_bytes"] == before["total"]
    slack = 8 << 20  # memory that other processes allocate and free meanwhile
    assert near(memory["used_bytes"], before["in_use"], after["in_use"], slack=slack)
    assert abs(memory["usage_pct"] - 100 * memory["used_bytes"] / memory["total_bytes"]) < 0.1
    assert near(memory["available_bytes"], before["available"], after["available"], slack=slack)
    assert memory["swap_total_bytes"] == swap[0]
    assert near(memory["swap_used_bytes"], swap[1], slack=slack)


async def df(mountpoint):
    text = await run("df", "-B1", "--output=size,used,avail", mountpoint)
    return [int(value) for value in text.splitlines()[1].split()]


async def test_file_systems_match_df(lab):
    _, _, platform = await lab.running()
    disks = await platform.output("system.disk")
    if not disks:
        pytest.skip("no file system on a block device here")
    for disk in disks:
        size, used, available = await df(disk["mountpoint"])
        assert disk["total_bytes"] == size
        assert near(disk["used_bytes"], used, slack=64 << 20)
        assert abs(disk["usage_pct"] - 100 * used / (used + available)) < 1
    assert len({disk["device"] for disk in disks}) == len(disks), "one entry a device"
    source = (await run("df", "--output=source", "/")).splitlines()[1].strip()
    if source.startswith("/dev/") and source != "/dev/root":
        assert "/" in [disk["mountpoint"] for disk in disks]


def disk_counters(name):
    with open("/proc/diskstats", encoding="ascii") as stats:
        for line in stats:
            fields = line.split()
            if fields[2] == name:
                reads, _, sectors_read, _, writes, _, sectors_written, _, _, busy_ms = map(int, fields[3:13])
                return {"read_bytes_per_s": sectors_read * 512, "write_bytes_per_s": sectors_written * 512,
                        "read_iops": reads, "write_iops": writes, "util_pct": busy_ms / 10}
    return None


async def test_disk_rates_match_the_kernel(lab):
    _, _, platform = await lab.running()
    source = (await run("df", "--output=source", str(lab.folder))).splitlines()[1].strip()
    name = os.path.basename(os.path.realpath(source))
    if disk_counters(name) is None:
        pytest.skip("the temporary folder is on no block device")
    Load(lab).disk()
    await asyncio.sleep(1)

    def reading():
        return time.monotonic(), disk_counters(name)
    before_first = reading()
    await platform.output("system.disk")
    after_first = reading()
    await asyncio.sleep(WINDOW_S)
    before_second = reading()
    disks = await platform.output("system.disk")
    after_second = reading()
    io = next(disk["io"] for disk in disks if disk["device"] == f"/dev/{name}")

    shortest = before_second[0] - after_first[0]
    longest = after_second[0] - before_first[0]
    for figure, value in io.items():
        least = (before_second[1][figure] - after_first[1][figure]) / longest
        most = (after_second[1][figure] - before_first[1][figure]) / shortest
        assert near(value, least, min(most, 100) if figure == "util_pct" else most, slack=1), figure
    assert io["write_bytes_per_s"] > 1 << 20, "the load is not to be seen"


def interface_counters():
    counters = {}
    with open("/proc/net/dev", encoding="ascii") as dev:
        for line in dev.readlines()[2:]:
            name, _, values = line.partition(":")
            values = [int(value) for value in values.split()]
            counters[name.strip()] = (values[0], values[8])
    return counters


async def test_interfaces_match_the_kernel(lab):
    _, _, platform = await lab.running()
    before = interface_counters()
    interfaces = await platform.output("system.network")
    after = interface_counters()
    excluded = re.compile(r"^(lo$|docker|veth|br-|virbr|vlan|ifb|dummy)")
    assert {entry["interface"] for entry in interfaces} == {name for name in before if not excluded.match(name)}
    for entry in interfaces:
        name = entry["interface"]
        assert before[name][0] <= entry["bytes_recv"] <= after[name][0]
        assert before[name][1] <= entry["bytes_sent"] <= after[name][1]
        with open(f"/sys/class/net/{name}/flags", encoding="ascii") as flags:
            assert entry["is_up"] == bool(int(flags.read(), 16) & 1)


async def test_queries_do_not_affect_telemetry(lab):
    _, _, platform = await lab.running(agent__telemetry_interval="2s")
    Load(lab).disk()
    Load(lab).processor()
    await platform.next("telemetry", count=2)
    since = platform.position
    # Takes thousands of samples with the other baseline during two intervals of telemetry.
    while len(platform.all("telemetry", since)) < 2:
        await platform.output("system.disk")
        await platform.output("system.cpu")
    for event in platform.all("telemetry", since)[:2]:
        assert event.payload["cpu"]["usage_pct"] > 5, "a window that a query had shortened would show nothing"
        assert any(disk["io"]["write_bytes_per_s"] > 1 << 20 for disk in event.payload["disks"])

"""Telemetry of machines with several related disks and interfaces."""

import asyncio
import json
import time

from harness import mounts, prometheus
from harness.fleet import Fleet
from harness.network import Namespace
from harness.process import run
from harness.waiting import DEADLINE_S, until

ANNOUNCEMENT = 256 << 10


async def test_a_full_read_only_file_system_raises_no_alert(lab):
    released, data = lab.folder / "release", lab.folder / "data"
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    # The second one is writable, but not through this mount.
    agent.prefix = mounts.prefix(f"""
{mounts.full_image(released)}
mount -o loop,ro {released}.img {released}
{mounts.full_image(data)}
mount -o loop {data}.img {data}
mkdir {data}.bound
mount --bind {data} {data}.bound
mount -o remount,bind,ro {data}.bound
umount {data}
""")
    agent.write(agent.settings(server.url, agent__telemetry_interval="1s"))
    agent.start()
    alert = await platform.alerted("DISK_SPACE_LOW", f"{data}.bound")
    assert alert.payload["severity"] == "critical", alert.payload
    telemetry = (await platform.next("telemetry", platform.position, count=2)).payload
    disks = {disk["mountpoint"]: disk for disk in telemetry["disks"]}
    print({place: (disk["usage_pct"], disk.get("read_only")) for place, disk in disks.items()})
    assert disks[str(released)]["usage_pct"] > 99 and disks[str(released)]["read_only"] is True
    assert disks[f"{data}.bound"]["usage_pct"] > 99 and "read_only" not in disks[f"{data}.bound"]
    alerts = [each.payload["object_id"] for each in platform.all("alert")]
    assert str(released) not in alerts, alerts


async def test_an_interface_on_top_of_another_is_marked(lab):
    namespace = await Namespace().create()
    lab.closing(namespace.remove)
    inside = ("ip", "-netns", namespace.name, "link")
    uplink = json.loads(await run("ip", "-netns", namespace.name, "-j", "route", "get", namespace.host))[0]["dev"]
    # veth interfaces, which any kernel has, under other names.
    await run(*inside, "add", "m0", "type", "veth", "peer", "name", "m1")
    await run(*inside, "add", "vlan100", "type", "veth", "peer", "name", "veth100")
    await run(*inside, "add", "br0", "type", "bridge")
    await run(*inside, "set", "m0", "master", "br0")

    server = await lab.server(host=namespace.host)
    platform = await lab.platform(server)
    agent = lab.agent_within(namespace, server)
    telemetry = (await platform.next("telemetry")).payload
    stacked = {interface["interface"]: interface.get("stacked") for interface in telemetry["network"]}
    print(stacked)
    assert stacked == {uplink: False, "vlan100": False, "m0": False, "m1": False, "br0": True}


async def test_telemetry_over_the_size_limit_is_shortened(lab):
    """The agent shortens its lists and marks that; the platform uses the figures, counts the message and logs it once."""
    namespace = await Namespace().create()
    lab.closing(namespace.remove)
    batch = lab.folder / "interfaces"
    batch.write_text("".join(
        f"link add near-{number} type veth peer name far-{number}\n" for number in range(1_250)), encoding="ascii")
    await run("ip", "-netns", namespace.name, "-batch", str(batch))

    fleet = Fleet(lab)
    fleet.add_servers()[0].host = namespace.host
    await fleet.start(servers=0)
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, start=False, agent__telemetry_interval="1s")
    agent.prefix = namespace.prefix
    agent.start()
    entry = await agent.logged("telemetry is too large, entries are left out")
    assert "network" in entry["omitted"] and entry["level"] == "warn", entry

    await operator.alive(identity.uuid)
    payload = (await operator.call("agents.show", agent=identity.uuid))["telemetry"]
    assert len(json.dumps(payload, separators=(",", ":"))) <= ANNOUNCEMENT
    shown, omitted = len(payload["network"]), payload["omitted"]["network"]
    print(shown, "interfaces shown,", omitted, "left out")
    assert shown + omitted == 2_501 and shown > 1_000

    message = "an agent left out what its telemetry had no room for"

    def logged():
        return [line for line in fleet.instances[0].process.log_text().splitlines() if message in line]
    await until(logged, "that the platform logs it")
    end = time.monotonic() + DEADLINE_S
    while await truncated(fleet) < 3:
        assert time.monotonic() < end, "telemetry that is shortened is not counted"
        await asyncio.sleep(0.1)
    assert len(logged()) == 1 and identity.uuid in logged()[0], logged()
    assert len(agent.log("telemetry is too large, entries are left out")) == 1


async def truncated(fleet):
    """The number of shortened telemetry messages that the platform has counted."""
    families = prometheus.parse((await fleet.metrics())["text"])
    return sum(value for _, _, value in families["plusclouds_telemetry_truncated_total"].samples)

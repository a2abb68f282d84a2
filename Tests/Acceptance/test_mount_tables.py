"""The agent with the mount tables of other machines, over file systems that are actually full."""

from harness import mounts


async def test_a_full_pool_is_one_alert_and_the_root_disk_keeps_its_name(lab):
    full = lab.folder / "full"
    table = ["29 1 0:26 /@ / rw,noatime shared:1 - btrfs /dev/nvme0n1p3 rw,subvol=/@",
             f"61 29 0:26 / {full}/top rw shared:33 - btrfs /dev/nvme0n1p3 rw,subvolid=5,subvol=/"]
    table += [f"{100 + number} 29 0:{100 + number} / {full}/{number} rw - zfs rpool/data/ct-{number} rw,xattr"
              for number in range(40)]
    table.append(f"90 29 0:90 / {full}/snapshot ro - zfs rpool/data/ct-1@daily ro")
    (lab.folder / "mountinfo").write_text("\n".join(table) + "\n", encoding="ascii")
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.prefix = mounts.prefix(f"""
truncate -s 16M {full}.img
mkfs.ext4 -q -F -m 0 {full}.img
mkdir {full}
mount -o loop {full}.img {full}
mkdir {full}/top {full}/snapshot
for n in $(seq 0 39); do mkdir {full}/$n; done
dd if=/dev/zero of={full}/filler bs=64k 2>/dev/null || true
dd if=/dev/zero of={full}/rest bs=1k 2>/dev/null || true
cp {lab.folder}/mountinfo /proc/1/mountinfo
""")
    agent.write(agent.settings(server.url, agent__telemetry_interval="1s"))
    agent.start()
    telemetry = (await platform.next("telemetry", count=4)).payload
    disks = {disk["device"]: disk["mountpoint"] for disk in telemetry["disks"]}
    alerts = [(each.payload["code"], each.payload["object_id"]) for each in platform.all("alert")]
    print(len(disks), "disks,", len(alerts), "alerts:", alerts[:3])
    assert disks["/dev/nvme0n1p3"] == "/"
    assert len(disks) == 41 and "rpool/data/ct-1@daily" not in disks
    assert [each for each in alerts if each[1].startswith(("rpool", str(full)))] == [("DISK_SPACE_LOW", "rpool")]

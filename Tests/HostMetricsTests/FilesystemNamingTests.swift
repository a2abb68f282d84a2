import Encoding
import Testing

@testable import HostMetrics

/// The mount reported for a file system, and mounts that are not file systems of their own.
@Suite struct FilesystemNamingTests {
  private func volumes(_ machine: BlockDeviceTable, _ table: String) -> [DiskVolume] {
    DiskPlan(scanning(table + "\n") { MountTable($0) }, machine).volumes
  }

  private static let btrfs = """
    29 1 0:26 /@ / rw,noatime shared:1 - btrfs /dev/nvme0n1p3 rw,subvol=/@
    44 29 0:26 /@home /home rw,noatime shared:9 - btrfs /dev/nvme0n1p3 rw,subvol=/@home
    """

  @Test(arguments: [
    "61 29 0:26 / /run/timeshift/8077/backup rw,relatime shared:33 - btrfs /dev/nvme0n1p3 rw,subvolid=5,subvol=/",
    "61 29 0:26 / /mnt/btr_pool rw,relatime shared:33 - btrfs /dev/nvme0n1p3 rw,subvolid=5,subvol=/",
    "61 29 0:26 / /b rw - btrfs /dev/nvme0n1p3 rw,subvolid=5,subvol=/",
    "61 29 0:26 /@/.snapshots/7/snapshot /.snapshots/7/snapshot ro - btrfs /dev/nvme0n1p3 rw",
  ])
  func rootDiskKeepsItsMountpointWhileItsTopLevelIsMounted(line: String) throws {
    var machine = BlockDeviceTable()
    machine.addDevice("nvme0n1p3", "259:3")
    let before = volumes(machine, Self.btrfs)
    #expect(before.map(\.mountpoint) == ["/"])
    #expect(before.map(\.id) == ["259:3"])
    #expect(volumes(machine, Self.btrfs + "\n" + line) == before)
    #expect(volumes(machine, line + "\n" + Self.btrfs) == before, "independent of the order of the table")
  }

  @Test func rootDiskOfOstreeIsMountedAtRoot() throws {
    var machine = BlockDeviceTable()
    machine.addDevice("sda3", "8:3")
    let root = "25 1 8:3 /ostree/deploy/os/deploy/0 / rw,relatime - xfs /dev/sda3 rw"
    let sysroot = "30 25 8:3 / /sysroot ro,relatime - xfs /dev/sda3 rw"
    let variable = "31 25 8:3 /ostree/deploy/os/var /var rw - xfs /dev/sda3 rw"
    let disks = volumes(machine, [root, sysroot, variable].joined(separator: "\n"))
    #expect(disks.map(\.mountpoint) == ["/"])
    #expect(disks.map(\.isReadOnly) == [false])
  }

  @Test func transientMountsAreUsedOnlyWithoutOthers() throws {
    var machine = BlockDeviceTable()
    machine.addDevice("sdb1", "8:17")
    machine.addDevice("sdc1", "8:33")
    let table = """
      1 0 8:17 / /var/lib/kubelet/pods/7/volumes/data rw - ext4 /dev/sdb1 rw
      2 0 8:17 /data /srv/a/long/path/to/the/data rw - ext4 /dev/sdb1 rw
      3 0 8:33 / /run/media/ann/stick rw - vfat /dev/sdc1 rw
      """
    #expect(
      volumes(machine, table).map(\.mountpoint) == [
        "/srv/a/long/path/to/the/data", "/run/media/ann/stick",
      ])
  }

  @Test func snapshotsAreNotDisks() throws {
    let machine = BlockDeviceTable()
    let table = """
      44 0 0:60 / /home rw - zfs tank/home rw,xattr
      80 44 0:61 / /home/.zfs/snapshot/daily ro - zfs tank/home@daily ro
      81 44 0:62 / /mnt/old ro - zfs tank/home@weekly ro
      82 44 0:63 / /nfs rw - nfs4 nas:/export rw
      83 82 0:64 / /nfs/.snapshot/hourly.0 ro - nfs4 nas:/export/.snapshot/hourly.0 ro
      84 82 0:65 / /nfs/.zfs/snapshot/a ro - nfs4 nas:/export/.zfs/snapshot/a ro
      """
    let plan = DiskPlan(scanning(table + "\n") { MountTable($0) }, machine)
    #expect(plan.volumes.map(\.device) == ["tank/home"])
    #expect(plan.volumes.map(\.pool) == ["tank"])
    #expect(plan.targets.map(\.key.mountpoint) == ["/home", "/nfs"], "snapshots are not probed")
  }

  @Test(arguments: [
    ("70 21 7:3 / /srv/release ro,nosuid shared:40 - ext4 /dev/loop3 ro", true),
    ("70 21 7:3 / /srv/release ro,nosuid shared:40 - ext4 /dev/loop3 ro,errors=remount-ro", true),
    ("71 21 8:17 / /data ro,relatime shared:41 - ext4 /dev/sdb1 rw", false),
    ("71 21 8:17 / /data rw,relatime shared:41 - ext4 /dev/sdb1 rw,errors=remount-ro", false),
    ("71 21 8:17 / /data rw,relatime shared:41 - ext4 /dev/sdb1 root=x", false),
    ("71 21 8:17 / /data rw,relatime shared:41 - ext4 /dev/sdb1", false),
  ])
  func readOnlyFollowsTheSuperblock(line: String, isReadOnly: Bool) throws {
    #expect(volumes(BlockDeviceTable(), line).map(\.isReadOnly) == [isReadOnly])
  }
}

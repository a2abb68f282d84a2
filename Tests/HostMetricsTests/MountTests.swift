import Encoding
import Testing

@testable import HostMetrics

@Suite struct MountTests {
  private func plan(_ machine: BlockDeviceTable, _ table: String) -> DiskPlan {
    DiskPlan(scanning(table) { MountTable($0) }, machine)
  }

  private func disks(_ machine: BlockDeviceTable, _ table: String) -> [String] {
    plan(machine, table).volumes.map { "\($0.device) \($0.mountpoint) \($0.filesystem)" }
  }

  @Test func mountsBehindAProgramAreProbedInAChild() throws {
    let machine = BlockDeviceTable()
    let plan = plan(
      machine,
      """
      1 0 8:1 / / rw - ext4 /dev/sda1 rw
      2 1 0:50 / /srv rw - fuse.sshfs far:/ rw
      3 2 8:2 / /srv/disk rw - ext4 /dev/sda2 rw
      4 1 8:3 / /srv2 rw - ext4 /dev/sda3 rw
      5 1 8:4 / /usb rw - fuseblk /dev/sda4 rw
      6 1 0:51 / /home rw - nfs4 far:/home rw

      """)
    let byProcess = plan.targets.filter(\.mayBlockForever).map(\.key.mountpoint)
    #expect(Set(byProcess) == ["/srv", "/srv/disk", "/usb", "/home"])
    #expect(plan.targets.count == 6)
  }

  @Test func fieldsAndOctalEscapesAreDecoded() throws {
    let text =
      #"36 35 98:7 /mnt1 /mnt/a\040b\011c\134d\q rw,noatime master:1 shared:2 - ext3 /dev/my\040disk rw"#
    let entry = try #require(scanning(text) { MountEntry(&$0) })
    #expect(entry.id == 36)
    #expect(entry.parentID == 35)
    #expect(entry.device == DeviceNumber(major: 98, minor: 7))
    #expect(entry.root == "/mnt1")
    #expect(entry.mountpoint == "/mnt/a b\tc\\d\\q")
    #expect(entry.filesystem == "ext3")
    #expect(entry.source == "/dev/my disk")
  }

  @Test func emptySourceAndNoOptionalFieldsAreAccepted() throws {
    let entry = try #require(scanning("1 0 0:5 / /x rw - tmpfs  rw") { MountEntry(&$0) })
    #expect(entry.source == "")
    #expect(entry.filesystem == "tmpfs")
  }

  @Test(arguments: [
    "", "36", "36 35 98:0 / /mnt rw", "36 35 98:0 / /mnt rw -", "36 35 9 / /m rw - a b c",
    "1 1 8:1 / mnt rw - ext4 /dev/sda rw",
  ])
  func truncatedLinesAreSkipped(text: String) {
    #expect(scanning(text) { MountEntry(&$0) } == nil)
  }

  @Test func bindMountsAreOneDisk() throws {
    var machine = BlockDeviceTable()
    machine.addDevice("sda1", "8:1")
    machine.addDevice("sdb1", "8:17")
    let table = """
      20 1 8:1 /srv/www /www rw - ext4 /dev/sda1 rw
      21 1 8:1 / / rw - ext4 /dev/sda1 rw
      22 21 8:1 /home /mnt/home rw - ext4 /dev/sda1 rw
      23 21 8:17 /data /very/long rw - xfs /dev/sdb1 rw
      24 21 8:17 /other /b rw - xfs /dev/sdb1 rw

      """
    #expect(disks(machine, table) == ["/dev/sda1 / ext4", "/dev/sdb1 /b xfs"])
  }

  @Test func zfsDatasetsHaveNoCounters() throws {
    let machine = BlockDeviceTable()
    let table = """
      1 0 0:40 / / rw - zfs rpool/ROOT/debian rw
      2 1 0:41 / /tank rw - zfs tank rw
      3 1 0:41 /x /bind rw - zfs tank rw

      """
    #expect(disks(machine, table) == ["rpool/ROOT/debian / zfs", "tank /tank zfs"])
    #expect(plan(machine, table).devices.isEmpty)
  }

  @Test func networkAndFUSEMountsAreWatchedOnly() throws {
    var machine = BlockDeviceTable()
    machine.addDevice("sdc1", "8:33")
    let table = """
      1 0 0:50 / /nfs rw - nfs4 server:/export rw
      2 1 0:51 / /ssh rw - fuse.sshfs host: rw
      3 1 0:52 / /share rw - cifs //server/share rw
      4 1 8:33 / /ntfs rw - fuseblk /dev/sdc1 rw
      5 1 0:53 / /plain rw - fuse program rw
      6 1 0:54 / /auto rw - autofs systemd-1 rw

      """
    let plan = plan(machine, table)
    #expect(plan.volumes.map(\.mountpoint) == ["/ntfs"])
    #expect(plan.targets.map(\.key.mountpoint) == ["/ntfs", "/nfs", "/ssh", "/share", "/plain"])
    #expect(plan.targets.map(\.isWatchedOnly) == [false, true, true, true, true])
  }

  @Test(arguments: [
    "tmpfs", "devtmpfs", "proc", "sysfs", "devpts", "cgroup", "cgroup2", "pstore", "hugetlbfs", "mqueue",
    "debugfs", "tracefs", "securityfs", "fusectl", "configfs", "bpf", "overlay", "squashfs", "efivarfs",
  ])
  func pseudoFilesystemsAreIgnored(type: String) throws {
    let table = "1 0 0:5 / /a rw - \(type) x rw\n2 0 7:1 / /b rw - \(type) /dev/loop1 rw\n"
    let plan = plan(BlockDeviceTable(), table)
    #expect(plan.targets.isEmpty)
  }

  @Test func coveredMountsAreSkipped() throws {
    let table = """
      1 1 0:1 / / rw - rootfs rootfs rw
      2 1 8:1 / / rw - ext4 /dev/sda1 rw
      3 2 8:2 / /mnt rw - ext4 /dev/sda2 rw
      4 3 8:3 / /mnt rw - ext4 /dev/sda3 rw

      """
    #expect(scanning(table) { MountTable($0) }.entries.map(\.id) == [2, 4])
  }
}

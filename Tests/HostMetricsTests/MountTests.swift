import Testing

@testable import HostMetrics

@Suite struct MountTests {
  private func plan(_ machine: MachineFolder, _ table: String) throws -> DiskPlan {
    let entries = scanning(table) { MountTable.visibleEntries($0) }
    return DiskPlan(MountTable.Content(entries: entries, pathPrefix: ""), BlockDevices(machine.files))
  }

  private func disks(_ machine: MachineFolder, _ table: String) throws -> [String] {
    try plan(machine, table).volumes.map { "\($0.device) \($0.mountpoint) \($0.filesystem)" }
  }

  @Test func mountsBehindAProgramAreProbedInAChild() throws {
    let machine = try MachineFolder()
    let plan = try plan(
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

  @Test func fieldsAndOctalEscapes() throws {
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

  @Test func emptySourceAndNoOptionalFields() throws {
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
    let machine = try MachineFolder()
    try machine.addDevice("sda1", "8:1")
    try machine.addDevice("sdb1", "8:17")
    let table = """
      20 1 8:1 /srv/www /www rw - ext4 /dev/sda1 rw
      21 1 8:1 / / rw - ext4 /dev/sda1 rw
      22 21 8:1 /home /mnt/home rw - ext4 /dev/sda1 rw
      23 21 8:17 /data /very/long rw - xfs /dev/sdb1 rw
      24 21 8:17 /other /b rw - xfs /dev/sdb1 rw

      """
    #expect(try disks(machine, table) == ["/dev/sda1 / ext4", "/dev/sdb1 /b xfs"])
  }

  @Test func devicesHaveKernelNames() throws {
    let machine = try MachineFolder()
    try machine.addDevice("dm-3", "253:3")
    try machine.addDevice("xvda2", "202:2")
    try machine.addDevice("cciss!c0d0", "104:0")
    let table = """
      1 0 202:2 / / rw - ext4 /dev/root rw
      2 1 253:3 / /var rw - xfs /dev/mapper/vg-var rw
      3 1 104:0 / /old rw - ext3 /dev/cciss/c0d0 rw
      4 1 8:99 / /unknown rw - ext4 /dev/sdz9 rw

      """
    #expect(
      try disks(machine, table) == [
        "/dev/xvda2 / ext4", "/dev/dm-3 /var xfs", "/dev/cciss/c0d0 /old ext3", "/dev/sdz9 /unknown ext4",
      ])
  }

  @Test func anonymousNumbersAreResolvedByTheSource() throws {
    let machine = try MachineFolder()
    try machine.addDevice("sda2", "8:2")
    try machine.addDevice("dm-0", "253:0")
    try machine.link("dev/mapper/pool", to: "../dm-0")
    let table = """
      1 0 0:30 /@ / rw - btrfs /dev/sda2 rw,subvol=/@
      2 1 0:30 /@home /home rw - btrfs /dev/sda2 rw,subvol=/@home
      3 1 0:31 /sub /mnt/pool/sub rw - btrfs /dev/mapper/pool rw
      4 1 0:31 / /mnt/pool-with-longer-path rw - btrfs /dev/mapper/pool rw

      """
    let plan = try plan(machine, table)
    #expect(
      try disks(machine, table) == ["/dev/sda2 / btrfs", "/dev/dm-0 /mnt/pool-with-longer-path btrfs"])
    #expect(
      plan.volumes.map(\.number) == [DeviceNumber(major: 8, minor: 2), DeviceNumber(major: 253, minor: 0)])
    // Paths report another number than the mount table, so the device can't be verified.
    #expect(plan.targets.allSatisfy { $0.device == nil })
  }

  @Test func zfsDatasetsHaveNoCounters() throws {
    let machine = try MachineFolder()
    let table = """
      1 0 0:40 / / rw - zfs rpool/ROOT/debian rw
      2 1 0:41 / /tank rw - zfs tank rw
      3 1 0:41 /x /bind rw - zfs tank rw

      """
    #expect(try disks(machine, table) == ["rpool/ROOT/debian / zfs", "tank /tank zfs"])
    #expect(try plan(machine, table).devices.isEmpty)
  }

  @Test func networkAndFUSEMountsAreWatchedOnly() throws {
    let machine = try MachineFolder()
    try machine.addDevice("sdc1", "8:33")
    let table = """
      1 0 0:50 / /nfs rw - nfs4 server:/export rw
      2 1 0:51 / /ssh rw - fuse.sshfs host: rw
      3 1 0:52 / /share rw - cifs //server/share rw
      4 1 8:33 / /ntfs rw - fuseblk /dev/sdc1 rw
      5 1 0:53 / /plain rw - fuse program rw
      6 1 0:54 / /auto rw - autofs systemd-1 rw

      """
    let plan = try plan(machine, table)
    #expect(plan.volumes.map(\.mountpoint) == ["/ntfs"])
    #expect(plan.targets.map(\.key.mountpoint) == ["/ntfs", "/nfs", "/ssh", "/share", "/plain"])
    #expect(plan.targets.map(\.isWatchedOnly) == [false, true, true, true, true])
  }

  @Test(arguments: [
    "tmpfs", "devtmpfs", "proc", "sysfs", "devpts", "cgroup", "cgroup2", "pstore", "hugetlbfs", "mqueue",
    "debugfs", "tracefs", "securityfs", "fusectl", "configfs", "bpf", "overlay", "squashfs", "efivarfs",
  ])
  func ignored(type: String) throws {
    let table = "1 0 0:5 / /a rw - \(type) x rw\n2 0 7:1 / /b rw - \(type) /dev/loop1 rw\n"
    let plan = try plan(try MachineFolder(), table)
    #expect(plan.targets.isEmpty)
  }

  @Test func coveredMountsAreSkipped() throws {
    let table = """
      1 1 0:1 / / rw - rootfs rootfs rw
      2 1 8:1 / / rw - ext4 /dev/sda1 rw
      3 2 8:2 / /mnt rw - ext4 /dev/sda2 rw
      4 3 8:3 / /mnt rw - ext4 /dev/sda3 rw

      """
    #expect(scanning(table) { MountTable.visibleEntries($0) }.map(\.id) == [2, 4])
  }

  @Test func snapshotOf500Mounts() async throws {
    let machine = try MachineFolder()
    var table = ""
    var counters = ""
    for index in 0..<500 {
      try machine.addDevice("sd\(index)", "8:\(index)")
      table += "\(index + 2) 1 8:\(index) / /mnt/disk\(index) rw - ext4 /dev/sd\(index) rw\n"
      counters += "   8 \(index) sd\(index) 1 0 8 1 1 0 8 1 0 1 2 0 0 0 0 0 0\n"
    }
    for index in 0..<200 {
      table += "\(index + 900) 1 0:\(index + 60) / /run/user/\(index) rw - tmpfs tmpfs rw\n"
    }
    try machine.write("proc/1/mountinfo", table)
    try machine.write("proc/diskstats", counters)
    let prober = MountProber(deadline: .seconds(30)) { target in
      let number = UInt64(target.device?.minor ?? 0)
      return .responded(
        FilesystemStatistics(totalBytes: 1000 + number, freeBytes: 500, availableBytes: 500))
    }
    let sampler = TelemetrySampler(files: machine.files, prober: prober)
    #expect(await sampler.snapshot().disks.allSatisfy { $0.io == nil })
    let disks = await sampler.snapshot().disks
    #expect(disks.count == 500)
    for (index, disk) in disks.enumerated() {
      #expect(disk.device == "/dev/sd\(index)")
      #expect(disk.mountpoint == "/mnt/disk\(index)")
      #expect(disk.usedBytes == UInt64(500 + index))
      #expect(disk.io == DiskIO())
    }
    #expect(prober.threadCount == 1)
  }
}

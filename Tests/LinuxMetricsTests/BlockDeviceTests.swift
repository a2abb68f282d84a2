import Encoding
import HostMetrics
import Testing

@testable import LinuxMetrics

@Suite struct BlockDeviceTests {
  private func plan(_ machine: MachineFolder, _ table: String) throws -> DiskPlan {
    DiskPlan(try mountTable(machine, table), BlockDevices(machine.files))
  }

  private func mountTable(_ machine: MachineFolder, _ table: String) throws -> MountTable {
    try machine.write("proc/1/mountinfo", table)
    return try MountTableReader(machine.files).read(ReadBuffer())
  }

  private func disks(_ machine: MachineFolder, _ table: String) throws -> [String] {
    try plan(machine, table).volumes.map { "\($0.device) \($0.mountpoint) \($0.filesystem)" }
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

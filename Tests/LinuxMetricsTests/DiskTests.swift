import CLinux
import Glibc
import HostMetrics
import Testing

@testable import LinuxMetrics

@Suite struct DiskTests {
  @Test func usageFollowsDf() {
    var status = statvfs()
    status.f_bsize = 4096
    status.f_frsize = 1024
    status.f_blocks = 1000
    status.f_bfree = 400
    status.f_bavail = 200
    let statistics = FilesystemStatistics(status)
    #expect(statistics.totalBytes == 1_024_000)
    #expect(statistics.usedBytes == 600 * 1024)
    #expect(statistics.usagePercent == 75)
    status.f_bavail = UInt(bitPattern: -5)
    #expect(FilesystemStatistics(status).usagePercent == 100)
    status.f_blocks = .max
    status.f_bfree = .max
    status.f_bavail = .max
    let full = FilesystemStatistics(status)
    #expect(full.usedBytes == 0)
    #expect(full.usagePercent == 0)
    #expect(FilesystemStatistics(statvfs()).usagePercent == 0)
  }

  @Test func machineWithoutDisksStartsNoThread() async throws {
    let machine = try MachineFolder()
    try machine.write("proc/1/mountinfo", "1 0 0:5 / / rw - overlay overlay rw\n")
    let prober = MountProber()
    let snapshot = await TelemetrySampler(files: machine.files, prober: prober).snapshot()
    #expect(snapshot.disks == [])
    #expect(snapshot.stalledMounts == [])
    #expect(prober.threadCount == 0)
    // Without devices no counters are read, so their absence is not a problem.
    #expect(!snapshot.problems.contains { $0.file.hasSuffix("diskstats") })
  }

  @Test func ownMountTableIsUsedIfTheHostsIsHidden() async throws {
    let machine = try MachineFolder()
    var node = stat()
    #expect(stat("/", &node) == 0)
    let number = DeviceNumber(node.st_dev)
    try machine.write(
      "proc/self/mountinfo", "1 0 \(number.major):\(number.minor) / / rw - ext4 /dev/rootdisk rw\n")
    let snapshot = await TelemetrySampler(files: machine.files, prober: MountProber()).snapshot()
    // If / has an anonymous number (an overlay), the line is not a disk.
    #expect(snapshot.disks.map(\.device) == (number.isAnonymous ? [] : ["/dev/rootdisk"]))
  }

  @Test func pathToAnotherDeviceIsSkipped() async throws {
    let machine = try MachineFolder()
    try machine.write("proc/1/mountinfo", "1 0 4095:77 / /proc rw - ext4 /dev/nowhere rw\n")
    let snapshot = await TelemetrySampler(files: machine.files, prober: MountProber()).snapshot()
    #expect(snapshot.disks == [])
    #expect(snapshot.stalledMounts == [])
  }
}

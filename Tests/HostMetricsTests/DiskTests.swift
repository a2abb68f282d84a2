import Glibc
import Testing

@testable import HostMetrics

@Suite struct DiskTests {
  private func counters(_ text: String) throws -> DiskCounters {
    try #require(scanning(text) { DiskCounters(&$0) })
  }

  @Test func traffic() throws {
    let before = try counters("   8       2 sda2 100 0 1000 50 200 0 2000 60 0 1000 110")
    let after = try counters("   8       2 sda2 120 9 3000 51 201 9 2011 61 0 1500 112 1 2 3 4 5 6")
    #expect(
      after.traffic(since: before, seconds: 2)
        == DiskIO(
          readBytesPerSecond: 512_000, writeBytesPerSecond: 2816, readIOPS: 10, writeIOPS: 1,
          utilPercent: 25))
  }

  @Test func rotatedAndHugeCountersStayInBounds() throws {
    let before = try counters("8 2 sda2 100 0 1000 50 200 0 2000 60 0 1000 110")
    let busy = try counters("8 2 sda2 100 0 1000 50 200 0 2000 60 0 9000 110")
    #expect(busy.traffic(since: before, seconds: 1).utilPercent == 100)
    let back = try counters("8 2 sda2 1 0 1 1 1 0 1 1 0 1 1")
    #expect(back.traffic(since: before, seconds: 1) == DiskIO())
    let zero = try counters("8 2 sda2 0 0 0 0 0 0 0 0 0 0 0")
    let huge = try counters("8 2 sda2 99999999999999999999 0 99999999999999999999 0 0 0 0 0 0 0 0")
    let io = huge.traffic(since: zero, seconds: 0.000_001)
    #expect(io.readBytesPerSecond == UInt64(Int64.max))
    #expect(io.readIOPS == UInt64(Int64.max))
  }

  @Test func deviceWithoutEarlierCountersHasNoTraffic() throws {
    let old = try counters("8 2 sda2 100 0 1000 50 200 0 2000 60 0 1000 110")
    let new = try counters("8 3 sda3 100 0 1000 50 200 0 2000 60 0 1000 110")
    let before = DiskSample(time: MonotonicTime(nanoseconds: 0), devices: [old])
    let after = DiskSample(time: MonotonicTime(nanoseconds: 1_000_000_000), devices: [new, old])
    #expect(after.traffic(since: before) == [old.device: DiskIO()])
    #expect(before.traffic(since: before) == [:])
  }

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

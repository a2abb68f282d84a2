import HostMetrics
import Testing

@testable import LinuxMetrics

/// The measurements of this machine agree with those of the usual tools within 2 %.
@Suite struct RealMachineTests {
  private func isClose(_ ours: UInt64, _ theirs: UInt64, of whole: UInt64) -> Bool {
    let difference = ours > theirs ? ours - theirs : theirs - ours
    return Double(difference) <= 0.02 * Double(whole)
  }

  @Test func memoryAgreesWithFree() throws {
    let usage = try QuerySampler(prober: MountProber()).memory()
    let columns = try #require(
      try output(of: "free -bw").split(separator: "\n").first { $0.hasPrefix("Mem:") }
    ).split(separator: " ").dropFirst().compactMap { UInt64($0) }
    // total used free shared buffers cache available
    #expect(usage.totalBytes == columns[0])
    #expect(isClose(usage.usedBytes, columns[0] - columns[2] - columns[4] - columns[5], of: columns[0]))
    #expect(isClose(try #require(usage.availableBytes), columns[6], of: columns[0]))
  }

  @Test func disksAgreeWithDf() async throws {
    let disks = try await QuerySampler(prober: MountProber()).disks()
    for disk in disks {
      let columns = try output(of: "df -B1 --output=size,used,avail '\(disk.mountpoint)' | tail -1")
        .split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
      #expect(disk.totalBytes == columns[0])
      #expect(isClose(disk.usedBytes, columns[1], of: columns[1] + columns[2]))
      let percent = 100 * Double(columns[1]) / Double(columns[1] + columns[2])
      #expect(abs(disk.usagePercent - percent) <= 2)
      #expect(disk.io != nil || disk.filesystem == "zfs")
    }
    let expected = try output(
      of: "findmnt -rno SOURCE -t ext2,ext3,ext4,xfs,vfat,f2fs | sed 's/\\[.*//' | sort -u | wc -l")
    #expect(
      disks.count { ["ext2", "ext3", "ext4", "xfs", "vfat", "f2fs"].contains($0.filesystem) }
        == Int(expected.split(separator: "\n")[0]))
  }

  @Test func networkAgreesWithProc() throws {
    let network = try QuerySampler(prober: MountProber()).network()
    for interface in network {
      let columns = try output(of: "grep '^ *\(interface.interface):' /proc/net/dev | tr ':' ' '")
        .split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
      #expect(isClose(interface.bytesReceived, columns[0], of: max(columns[0], 1 << 20)))
      #expect(isClose(interface.bytesSent, columns[8], of: max(columns[8], 1 << 20)))
      let flags = try output(of: "cat /sys/class/net/\(interface.interface)/flags")
      #expect(interface.isUp == (flags.dropLast().last?.hexDigitValue.map { $0 & 1 == 1 } ?? false))
    }
  }

  @Test func snapshotOfThisMachineHasNoProblems() async throws {
    let sampler = TelemetrySampler(prober: MountProber())
    _ = await sampler.snapshot()
    let snapshot = await sampler.snapshot()
    #expect(snapshot.problems == [])
    #expect(snapshot.cpu.coreCount == Int(try output(of: "getconf _NPROCESSORS_ONLN").dropLast()))
    #expect(snapshot.uptimeSeconds ?? 0 > 0)
  }
}

import AgentProtocol
import HostMetrics
import JSON
import Testing

@testable import AgentCore

@Suite struct TelemetryFittingTests {
  private func snapshot(disks: Int, interfaces: Int = 1, cores: Int = 4) -> Snapshot {
    Snapshot(
      cpu: CPUUsage(
        usagePercent: 50, coreCount: cores, loadAverage: [1, 1, 1],
        cores: (0..<cores).map { CoreUsage(id: $0, usagePercent: 12.25) }),
      memory: MemoryUsage(),
      disks: (0..<disks).map { number in
        DiskUsage(
          device: "/dev/mapper/data-\(number)", mountpoint: number == 5 ? "/" : "/srv/data/volume-\(number)",
          totalBytes: 42_156_257_280, usedBytes: 7_149_359_104, usagePercent: number == 700 ? 97.5 : 17.7,
          io: DiskIO(readBytesPerSecond: 1_048_576, writeBytesPerSecond: 524_288, utilPercent: 23.4),
          filesystem: "ext4", inodesTotal: 2_621_440, inodesUsed: 131_072)
      },
      network: (0..<interfaces).map {
        InterfaceUsage(interface: "tap\($0)", bytesSent: UInt64($0), bytesReceived: 1, isUp: true)
      })
  }

  @Test func ordinarySnapshotIsNotTruncated() {
    let snapshot = snapshot(disks: 100, interfaces: 50, cores: 512)
    let payload = snapshot.payload(within: PayloadLimits.announcement)
    #expect(payload.json == snapshot.json && payload.omitted.members.isEmpty)
  }

  @Test(arguments: [(2_000, 1, 4), (2_000, 3_000, 8_192), (1, 4_000, 4), (1, 1, 20_000)])
  func truncatedSnapshotFitsTheLimit(disks: Int, interfaces: Int, cores: Int) throws {
    let snapshot = snapshot(disks: disks, interfaces: interfaces, cores: cores)
    let limit = PayloadLimits.announcement
    let payload = snapshot.payload(within: limit)
    let size = JSONWriter.encode(payload.json).count
    #expect(size <= limit && size > limit * 9 / 10, "\(size)")
    let object = try #require(payload.json.objectValue)
    for (name, count, list) in [
      ("disks", disks, object["disks"]), ("network", interfaces, object["network"]),
      ("cores", cores, object["cpu"]?.objectValue?["cores"]),
    ] {
      let kept = try #require(list?.arrayValue).count
      let omitted = payload.omitted[name]?.integerValue ?? 0
      #expect(Int64(kept) + omitted == Int64(count) && kept > 0)
      #expect(object["omitted"]?.objectValue?[name]?.integerValue ?? 0 == omitted)
    }
    #expect(object["cpu"]?.objectValue?["core_count"]?.integerValue == Int64(cores))
  }

  @Test func rootDiskAndFullestDisksAreKept() throws {
    let payload = snapshot(disks: 2_000).payload(within: PayloadLimits.announcement)
    let places = try #require(payload.json.objectValue?["disks"]?.arrayValue).compactMap {
      $0.objectValue?["mountpoint"]?.stringValue
    }
    #expect(places.contains("/") && places.contains("/srv/data/volume-700"))
    #expect(places.count < 1_000)
  }
}

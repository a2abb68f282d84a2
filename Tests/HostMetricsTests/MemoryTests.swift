import Testing

@testable import HostMetrics

@Suite struct MemoryTests {
  @Test func usedFollowsFree() throws {
    let text = """
      MemTotal:        1000 kB
      MemFree:          200 kB
      MemAvailable:     600 kB
      Buffers:           50 kB
      Cached:           300 kB
      SwapCached:         7 kB
      Shmem:             90 kB
      SwapTotal:        500 kB
      SwapFree:         100 kB
      SReclaimable:      30 kB
      SUnreclaim:        99 kB

      """
    let usage = try #require(scanning(text) { MemoryUsage(meminfo: $0) })
    #expect(
      usage
        == MemoryUsage(
          totalBytes: 1000 * 1024, usedBytes: 420 * 1024, usagePercent: 42, availableBytes: 600 * 1024,
          swapTotalBytes: 500 * 1024, swapUsedBytes: 400 * 1024))
  }

  @Test func oldKernelReportsNoAvailableMemory() throws {
    let usage = try #require(scanning("MemTotal: 8 kB\nMemFree: 2 kB\n") { MemoryUsage(meminfo: $0) })
    #expect(usage == MemoryUsage(totalBytes: 8192, usedBytes: 6144, usagePercent: 75))
  }

  @Test(arguments: [
    ("MemTotal: 10 kB\nMemFree: 9 kB\nCached: 5 kB\n", UInt64(0)),
    ("MemTotal: 0 kB\nMemFree: 0 kB\n", 0),
    ("MemTotal: 99999999999999999999 kB\nMemFree: 0 kB\n", UInt64(Int64.max)),
  ])
  func usedStaysInBounds(text: String, used: UInt64) throws {
    let usage = try #require(scanning(text) { MemoryUsage(meminfo: $0) })
    #expect(usage.usedBytes == used)
    #expect((0...100).contains(usage.usagePercent))
  }
}

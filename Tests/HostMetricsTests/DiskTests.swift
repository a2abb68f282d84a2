import Testing

@testable import HostMetrics

@Suite struct DiskTests {
  private func counters(_ text: String) throws -> DiskCounters {
    try #require(scanning(text) { DiskCounters(&$0) })
  }

  @Test func trafficIsComputedFromCounters() throws {
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
}

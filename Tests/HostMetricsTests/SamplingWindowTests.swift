import Testing

@testable import HostMetrics

@Suite struct SamplingWindowTests {
  private func time(_ milliseconds: UInt64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func windowIsCompleteFrom200MillisecondsToAMinute() {
    #expect(SamplingWindow(since: nil, at: time(0)) == .expired)
    #expect(SamplingWindow(since: time(1000), at: time(1050)) == .incomplete(remaining: 0.2 - 0.05))
    #expect(SamplingWindow(since: time(1000), at: time(1200)) == .complete)
    #expect(SamplingWindow(since: time(1000), at: time(61_000)) == .complete)
    #expect(SamplingWindow(since: time(1000), at: time(61_001)) == .expired)
  }

  @Test func shortWindowRepeatsTheRatesAndKeepsTheBaseline() {
    var baseline = Baseline<Int, Int>()
    func rates(_ sample: Int, _ milliseconds: UInt64) -> Int? {
      baseline.rates(of: sample, at: time(milliseconds)) { $0.map { sample - $0 } }
    }
    #expect(rates(10, 0) == nil)
    #expect(rates(13, 100) == 3, "without previous rates those of the short window")
    #expect(rates(20, 200) == 10)
    #expect(rates(99, 399) == 10)
    #expect(rates(25, 400) == 5, "since the sample at 200 ms")
  }

  @Test func queryRatesReportEachFailureOnce() throws {
    let error = MetricsError(file: "/proc/loadavg", reason: .malformed(missing: "x"))
    let processors = try #require(
      scanning("cpu  1 0 0 1\ncpu0 1 0 0 1\n") { ProcessorSample($0) })
    let disks = MetricsError(file: "/proc/diskstats", reason: .tooLarge(limit: 1))
    let earlier = CounterSample(time: time(0), processors: .failure(error), disks: .failure(disks))
    let later = CounterSample(time: time(200), processors: .success(processors), disks: .failure(disks))
    let rates = QueryRates(from: earlier, to: later, loadAverage: .failure(error))
    #expect(try rates.cpu.get().usagePercent == 50, "since boot without earlier counters")
    #expect(rates.problems == [error, disks])
    #expect(rates.traffic.isEmpty)
  }
}

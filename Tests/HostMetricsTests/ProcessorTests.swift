import Testing

@testable import HostMetrics

@Suite struct ProcessorTests {
  private func sample(_ text: String) throws -> ProcessorSample {
    try #require(scanning(text) { ProcessorSample($0) })
  }

  @Test func usageExcludesIdleAndIowaitAndCountsGuestOnce() throws {
    let before = try sample("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n")
    // user 10 (of it guest 8), nice 10 (of it guest 2), system 10, idle 40, iowait 10, irq 5, softirq 5, steal 10
    let after = try sample("cpu  10 10 10 40 10 5 5 10 8 2\ncpu0 10 10 10 40 10 5 5 10 8 2\n")
    let usage = after.usage(since: before)
    #expect(usage.usagePercent == 50)
    #expect(usage.cores == [CoreUsage(id: 0, usagePercent: 50)])
  }

  @Test func offlineCoresAreAbsent() throws {
    let text =
      "cpu  9 0 0 9 0 0 0 0\ncpu0 1 0 0 1 0 0 0 0\ncpu3 1 0 0 3 0 0 0 0\ncpu7 1 0 0 0 0 0 0 0\nintr 5\n"
    let usage = try sample(text).usageSinceBoot()
    #expect(usage.cores.map(\.id) == [0, 3, 7])
    #expect(usage.cores.map(\.usagePercent) == [50, 25, 100])
    #expect(usage.coreCount == 3)
  }

  @Test func coresAreMatchedByNumberAndANewOneReportsZero() throws {
    let before = try sample("cpu  0 0 0 0\ncpu0 0 0 0 0\ncpu2 100 0 0 100\n")
    let after = try sample("cpu  1 0 0 1\ncpu0 5 0 0 5\ncpu1 900 0 0 0\ncpu2 101 0 0 103\n")
    #expect(after.usage(since: before).cores.map(\.usagePercent) == [50, 0, 25])
  }

  @Test func usageOf64Cores() throws {
    func text(_ busy: (Int) -> Int) -> String {
      var text = "cpu  \((0..<64).map(busy).reduce(0, +)) 0 0 \(64 * 1000) 0 0 0 0 0 0\n"
      for core in 0..<64 { text += "cpu\(core) \(busy(core)) 0 0 1000 0 0 0 0 0 0\n" }
      return text + "intr 1 2 3\n"
    }
    let usage = try sample(text { $0 * 1000 }).usage(
      since: try sample(
        "cpu  0 0 0 0\n"
          + text { _ in 0 }.split(separator: "\n").dropFirst().map { $0.replacing1000() + "\n" }.joined()))
    #expect(usage.coreCount == 64)
    #expect(usage.cores.map(\.id) == Array(0..<64))
    #expect(usage.cores[0].usagePercent == 0)
    #expect(usage.cores[1].usagePercent == 50)
    #expect(usage.cores[3].usagePercent == 75)
    #expect(usage.usagePercent == 96.92)
  }

  @Test(arguments: [
    // iowait decreased, as on healthy machines; the other columns count
    ("cpu  100 0 0 100 50 0 0 0\n", "cpu  110 0 0 110 20 0 0 0\n", 50.0),
    // all columns decreased: a restored machine
    ("cpu  100 100 100 100 50 9 9 9\n", "cpu  1 1 1 1 1 1 1 1\n", 0),
    // no time passed
    ("cpu  5 5 5 5 5 5 5 5\n", "cpu  5 5 5 5 5 5 5 5\n", 0),
    // wrapped at 64 bits
    ("cpu  18446744073709551615 0 0 0\n", "cpu  3 0 0 10\n", 0),
    // a number above 64 bits
    ("cpu  0 0 0 0\n", "cpu  99999999999999999999999 0 0 99999999999999999999999\n", 50),
  ])
  func decreasedCountersCountAsZero(before: String, after: String, percent: Double) throws {
    #expect(try sample(after).usage(since: try sample(before)).usagePercent == percent)
  }

  @Test(arguments: ["", "cpu", "cpu \n", "cpu  1 2 3\n", "intr 1\ncpu  1 2 3 4\n", "cpu0 1 2 3 4\n"])
  func sampleRequiresTheTotalLine(text: String) {
    #expect(scanning(text) { ProcessorSample($0) } == nil)
  }
}

extension Substring {
  /// The line of a core with an idle time of 0.
  fileprivate func replacing1000() -> String {
    split(separator: " ").map { $0 == "1000" ? "0" : String($0) }.joined(separator: " ")
  }
}

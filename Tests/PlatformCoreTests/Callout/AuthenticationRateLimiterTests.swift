import Testing

@testable import PlatformCore

@Suite struct AuthenticationRateLimiterTests {
  private let here = ClientAddress("192.0.2.1")
  private let there = ClientAddress("192.0.2.2")

  @Test func failuresBeyondTheBudgetAreThrottledUntilAQuietMinute() {
    var limiter = AuthenticationRateLimiter(perMinute: 10)
    for _ in 0..<10 { #expect(limiter.recordFailure(here, user: "a", isKnown: true, now: 100) == nil) }
    #expect(
      limiter.recordFailure(here, user: "a", isKnown: true, now: 100)
        == .init(user: "a", failures: 11, isFirst: true))
    #expect(
      limiter.recordFailure(here, user: "a", isKnown: true, now: 150)
        == .init(user: "a", failures: 12, isFirst: false))
    // Other addresses and names have budgets of their own.
    #expect(limiter.recordFailure(there, user: "a", isKnown: true, now: 150) == nil)
    #expect(limiter.recordFailure(here, user: "b", isKnown: true, now: 150) == nil)
    for _ in 0..<10 { #expect(limiter.recordFailure(here, user: "a", isKnown: true, now: 211) == nil) }
    #expect(limiter.recordFailure(here, user: "a", isKnown: true, now: 211)?.isFirst == true)
  }

  @Test func unknownNamesShareTheBudgetOfTheirAddress() {
    var limiter = AuthenticationRateLimiter(perMinute: 2)
    for index in 0..<20 {
      #expect(limiter.recordFailure(here, user: "u\(index)", isKnown: false, now: 0) == nil)
    }
    let count = limiter.count
    #expect(
      limiter.recordFailure(here, user: "u20", isKnown: false, now: 0)
        == .init(user: nil, failures: 21, isFirst: true))
    #expect(limiter.count == count, "a throttled address adds no names")
    #expect(limiter.recordFailure(there, user: "u20", isKnown: false, now: 0) == nil)
    #expect(limiter.recordFailure(here, user: "known", isKnown: true, now: 0) == nil)
  }

  @Test func memoryIsBounded() {
    var limiter = AuthenticationRateLimiter(perMinute: 5, capacity: 100)
    for index in 0..<10_000 {
      _ = limiter.recordFailure(here, user: "u\(index)", isKnown: true, now: Double(index) / 1000)
      #expect(limiter.count <= 200)
    }
    // Budgets unused for two minutes are removed.
    for (index, user) in ["a", "b", "c"].enumerated() {
      _ = limiter.recordFailure(here, user: user, isKnown: true, now: 1000 + 100 * Double(index))
    }
    #expect(limiter.count == 2)
  }

  @Test(
    arguments: [
      ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
      ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
      ("::ffff:192.0.2.1", "192.0.2.1", true), ("fe80::1%eth0", "fe80::1", true), ("x", "", true),
      ("::", "0.0.0.0", false),
    ] as [(String, String, Bool)])
  func addresses(first: String, second: String, isSame: Bool) {
    #expect((ClientAddress(first) == ClientAddress(second)) == isSame)
  }

  @Test func refusalsAreLoggedOnceAMinute() {
    var log = RefusalLogLimiter(perMinute: 3)
    #expect(log.shouldLog("a", "x", .wrongToken, now: 0) == 0)
    for _ in 0..<7 { #expect(log.shouldLog("a", "x", .wrongToken, now: 1) == nil) }
    #expect(log.shouldLog("a", "x", .tooManyGuesses, now: 2) == 7)
    #expect(log.shouldLog("a", "y", .wrongToken, now: 3) == 0)
    // At most three in all.
    #expect(log.shouldLog("c", "x", .unknown, now: 4) == nil)
    #expect(log.shouldLog("a", "x", .wrongToken, now: 60) == 1)
  }

  @Test func canonicallyEquivalentNamesAreSeparate() {
    var limiter = AuthenticationRateLimiter(perMinute: 1)
    var log = RefusalLogLimiter()
    for name in ["K", "\u{212A}", "\u{E9}", "e\u{301}"] {
      #expect(limiter.recordFailure(here, user: name, isKnown: true, now: 0) == nil)
      #expect(log.shouldLog(name, "x", .wrongToken, now: 0) == 0)
    }
  }

  @Test func auditedUnknownNamesAreLimited() {
    var log = RefusalLogLimiter(unknownNamesPerHour: 2)
    let audited = [0, 10, 3599, 3600].map { log.shouldAuditUnknownName(now: $0) }
    #expect(audited == [true, true, false, true])
  }
}

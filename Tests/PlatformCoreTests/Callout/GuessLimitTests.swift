import Testing

@testable import PlatformCore

@Suite("Guesses") struct GuessLimitTests {
  private let here = ClientAddress("192.0.2.1")
  private let there = ClientAddress("192.0.2.2")

  @Test func wrongTokensUseUpTheBudgetAndTimeFillsIt() {
    var limit = GuessLimit(perMinute: 10)
    for _ in 0..<10 {
      #expect(limit.allows(here, user: "a", isKnown: true, now: 100))
      limit.failed(here, user: "a", isKnown: true, now: 100)
    }
    #expect(!limit.allows(here, user: "a", isKnown: true, now: 100))
    #expect(!limit.allows(here, user: "a", isKnown: true, now: 105.9))
    #expect(limit.allows(here, user: "a", isKnown: true, now: 106))
    // Elsewhere, and for others, nothing was lost.
    #expect(limit.allows(there, user: "a", isKnown: true, now: 100))
    #expect(limit.allows(here, user: "b", isKnown: true, now: 100))
    // A minute later all is back, over however many generations.
    #expect(limit.allows(here, user: "a", isKnown: true, now: 160))
    for _ in 0..<9 { limit.failed(here, user: "a", isKnown: true, now: 160) }
    #expect(limit.allows(here, user: "a", isKnown: true, now: 160))
    limit.failed(here, user: "a", isKnown: true, now: 160)
    #expect(!limit.allows(here, user: "a", isKnown: true, now: 161))
  }

  @Test func unknownNamesShareTheBudgetOfTheirAddress() {
    var limit = GuessLimit(perMinute: 2)
    for index in 0..<20 {
      #expect(limit.allows(here, user: "u\(index)", isKnown: false, now: 0))
      limit.failed(here, user: "u\(index)", isKnown: false, now: 0)
    }
    #expect(!limit.allows(here, user: "u20", isKnown: false, now: 0))
    #expect(limit.allows(there, user: "u20", isKnown: false, now: 0))
    // Those who are known are not held up by them.
    #expect(limit.allows(here, user: "known", isKnown: true, now: 0))
  }

  @Test func memoryIsBounded() {
    var limit = GuessLimit(perMinute: 5, capacity: 100)
    for index in 0..<10_000 {
      limit.failed(here, user: "u\(index)", isKnown: true, now: Double(index) / 1000)
      #expect(limit.count <= 200)
    }
    // What was untouched for two minutes is gone.
    limit.failed(here, user: "a", isKnown: true, now: 1000)
    limit.failed(here, user: "b", isKnown: true, now: 1100)
    #expect(limit.count <= 102)
    limit.failed(here, user: "c", isKnown: true, now: 1200)
    #expect(limit.count == 2)
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

  @Test func refusalsAreNotedOnceAMinute() {
    var notes = RefusalNotes(perMinute: 3)
    #expect(notes.note("a", .wrongToken, now: 0) == 0)
    for _ in 0..<7 { #expect(notes.note("a", .wrongToken, now: 1) == nil) }
    #expect(notes.note("a", .tooManyGuesses, now: 2) == 7)
    #expect(notes.note("b", .unknown, now: 3) == 0)
    // No more than three in all.
    #expect(notes.note("c", .unknown, now: 4) == nil)
    #expect(notes.note("a", .wrongToken, now: 60) == 1)
  }

  @Test func namesThatNobodyHasFillNoRecord() {
    var notes = RefusalNotes(strangersPerHour: 2)
    let recorded = [0, 10, 3599, 3600].map { notes.mayRecordStranger(now: $0) }
    #expect(recorded == [true, true, false, true])
  }
}

import JSON
import Testing

@testable import AgentCore

@Suite struct ClockEvidenceTests {
  private static let start: Int64 = 1_800_000_000
  private static let day: Int64 = 86_400

  /// A reading of clocks that are not synchronised.
  ///
  /// - Parameters:
  ///   - seconds: The seconds since the start of the test.
  ///   - skew: The lead of this machine's clock, in seconds.
  private static func at(_ seconds: Int64, skew: Int64 = 0, isSynchronised: Bool = false) -> ClockReading {
    ClockReading(
      now: start + seconds + skew, isSynchronised: isSynchronised, sinceBoot: 500_000 + seconds * 1_000)
  }

  private static func measured(at seconds: Int64 = 0, skew: Int64 = 0) -> ClockEvidence {
    var evidence = ClockEvidence()
    evidence.published("c", at: at(seconds, skew: skew))
    let isMeasured1 = evidence.received(start + seconds, answering: "c", at: at(seconds, skew: skew)) != nil
    #expect(isMeasured1)
    return evidence
  }

  @Test(arguments: [("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func messageIDsAreComparedByBytes(id: String, equivalent: String) {
    var evidence = ClockEvidence()
    evidence.published(id, at: Self.at(0))
    let byEquivalent = evidence.received(Self.start, answering: equivalent, at: Self.at(0))
    #expect(byEquivalent == nil)
    let byID = evidence.received(Self.start, answering: id, at: Self.at(0))
    #expect(byID != nil)
  }

  // MARK: Without other evidence

  @Test(arguments: [600, 86_400, 604_800])
  func commandsOfThePastAreExpired(age: Int64) {
    var evidence = ClockEvidence()
    evidence.received(Self.start - age, at: Self.at(0))
    #expect(evidence.verdict(on: Self.start - age + 60, at: Self.at(0)) == .expired)
    // Not even in ascending order: each timestamp is evidence that expires the next command.
    evidence.received(Self.start - age + 30, at: Self.at(1))
    #expect(evidence.verdict(on: Self.start - age + 90, at: Self.at(1)) == .expired)
  }

  @Test(arguments: [600, 86_400, 604_800])
  func clockThatIsBehindDoesNotAdmitExpiredCommands(age: Int64) {
    var evidence = ClockEvidence()
    let reading = Self.at(0, skew: -30 * Self.day)
    for delay: Int64 in [0, 10, 20] {
      evidence.received(Self.start - age + delay, at: reading)
      #expect(evidence.verdict(on: Self.start - age + delay + 60, at: reading) == .unknown)
    }
    #expect(evidence.verdict(on: Self.start - age + 19, at: reading) == .expired, "sent later than that")
  }

  @Test(arguments: [
    (Int64(0), ClockEvidence.Verdict.valid), (60, .valid), (-60, .valid), (-61, .unknown), (61, .expired),
  ])
  func localClockCountsWhenATimestampAgrees(skew: Int64, verdict: ClockEvidence.Verdict) {
    var evidence = ClockEvidence()
    evidence.received(Self.start, at: Self.at(0, skew: skew))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(0, skew: skew)) == verdict)
  }

  @Test func verdictIsUnknownWithoutATimestamp() {
    var evidence = ClockEvidence()
    evidence.received(nil, at: Self.at(0))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(0)) == .unknown)
    #expect(evidence.verdict(on: Self.start - 1, at: Self.at(0)) == .expired)
    #expect(evidence.verdict(on: 1, at: ClockReading(now: 0, isSynchronised: false)) == .expired)
  }

  @Test(arguments: [Int64.min, -1, 0, 1_700_000_000, 4_102_444_801, .max])
  func implausibleTimestampsAreNoEvidence(timestamp: Int64) {
    var evidence = ClockEvidence()
    evidence.published("c", at: Self.at(0))
    let isMeasured2 = evidence.received(timestamp, answering: "c", at: Self.at(0)) != nil
    #expect(!isMeasured2)
    #expect(evidence.lowerBound == nil)
    #expect(evidence.measured == nil)
  }

  // MARK: Agreement

  @Test func agreementLastsADay() {
    var evidence = ClockEvidence()
    evidence.received(Self.start, at: Self.at(0))
    for (seconds, verdict): (Int64, ClockEvidence.Verdict) in [
      (Self.day, .valid), (Self.day + 1, .unknown),
    ] {
      #expect(evidence.verdict(on: Self.start + seconds, at: Self.at(seconds)) == verdict)
    }
    #expect(evidence.verdict(on: Self.start + 100, at: Self.at(101)) == .expired)
  }

  @Test func agreementEndsWhenTheClockIsSet() {
    var evidence = ClockEvidence()
    evidence.received(Self.start, at: Self.at(0))
    #expect(evidence.verdict(on: Self.start + 1_000, at: Self.at(100, skew: -61)) == .unknown)
    #expect(evidence.verdict(on: Self.start + 1_000, at: Self.at(100, skew: -59)) == .valid)
  }

  @Test func agreementEndsWhenAMessageProvesTheClockBehind() {
    var evidence = ClockEvidence()
    // A command from before a reboot, judged by a clock that continued where it had stopped.
    let stopped = -7 * Self.day
    evidence.received(Self.start + stopped, at: Self.at(0, skew: stopped))
    evidence.received(Self.start, at: Self.at(1, skew: stopped))
    #expect(evidence.verdict(on: Self.start + stopped + 60, at: Self.at(1, skew: stopped)) == .expired)
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(1, skew: stopped)) == .unknown)
  }

  @Test func synchronisedClockCountsAfterLosingSynchronisation() {
    var evidence = ClockEvidence()
    evidence.received(nil, at: Self.at(0, isSynchronised: true))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(60)) == .valid)
    #expect(evidence.verdict(on: Self.start + 59, at: Self.at(60)) == .expired)
  }

  @Test func synchronisedClockAloneDecides() {
    let evidence = Self.measured()
    let reading = Self.at(0, skew: 3_600, isSynchronised: true)
    #expect(evidence.verdict(on: Self.start + 3_600, at: reading) == .valid)
    #expect(evidence.verdict(on: Self.start + 3_599, at: reading) == .expired)
  }

  @Test func evidenceThatContradictsASynchronisedClockIsDropped() {
    var evidence = ClockEvidence()
    evidence.received(Self.start + 10_000, at: Self.at(1))
    #expect(evidence.claim != nil)
    evidence.received(nil, at: Self.at(2, isSynchronised: true))
    #expect(evidence.claim == nil)
    evidence = Self.measured(at: 0)
    evidence.received(nil, at: Self.at(2, isSynchronised: true))
    #expect(evidence.measured != nil)
    evidence.received(nil, at: Self.at(3, skew: -3_600, isSynchronised: true))
    #expect(evidence.measured == nil)
    #expect(evidence.lowerBound == nil)
  }

  // MARK: Claims

  /// A time in 2096.
  private static let wrong: Int64 = 4_000_000_000

  @Test(arguments: [86_400, 2_000_000_000])
  func claimsFarAheadOfAMeasuredClockAreNoEvidence(lead: Int64) throws {
    let skew = -Self.day
    var evidence = Self.measured(skew: skew)
    evidence.received(Self.start + 100 + lead + 1, at: Self.at(100, skew: skew))
    #expect(evidence.claim == nil)
    #expect(evidence.verdict(on: Self.start + 160, at: Self.at(100, skew: skew)) == .valid)
    evidence = try Self.restarted(
      evidence, bootID: "boot 1", at: Self.at(110, skew: skew), after: Self.at(120, skew: skew))
    #expect(evidence.verdict(on: Self.start + 160, at: Self.at(120, skew: skew)) == .valid)
    // A clock that was not disciplined for days is off by more than a minute.
    evidence.received(Self.start + 20 * Self.day + 1_000, at: Self.at(20 * Self.day, skew: skew))
    #expect(evidence.claim != nil)
  }

  /// The platform's clock was wrong during the measurement, and was corrected since.
  @Test func claimsAheadOfAMeasuredClockExpireCommands() {
    var evidence = Self.measured()
    evidence.received(Self.start + 3_600, at: Self.at(10))
    #expect(evidence.verdict(on: Self.start + 1_800, at: Self.at(20)) == .expired)
    #expect(evidence.verdict(on: Self.start + 3_700, at: Self.at(20)) == .valid)
  }

  @Test func claimsThatASynchronisedClockContradictsAreDropped() throws {
    var evidence = ClockEvidence()
    evidence.received(Self.wrong, at: Self.at(0, isSynchronised: true))
    evidence.received(Self.wrong, at: Self.at(1))
    evidence = try Self.restarted(evidence, bootID: "boot 1", at: Self.at(2), after: Self.at(3))
    evidence.received(Self.wrong, at: Self.at(3))
    #expect(evidence.claim == nil)
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(3)) == .valid)
  }

  @Test func claimsDoNotRaiseTheirOwnBound() {
    var evidence = Self.measured()
    for second: Int64 in 1...1_000 { evidence.received(Self.start + 600 * second, at: Self.at(second)) }
    let bound = evidence.claim?.value(at: Self.at(1_000).sinceBoot)
    #expect(bound.map { $0 <= Self.start + Self.day + 1_001 } == true)
    #expect(evidence.verdict(on: Self.start + Self.day + 1_002, at: Self.at(1_000)) == .valid)
  }

  @Test func unconfirmedClaimsHoldForADay() {
    var evidence = ClockEvidence()
    evidence.received(Self.wrong, at: Self.at(0))
    for (seconds, verdict): (Int64, ClockEvidence.Verdict) in [
      (0, .expired), (Self.day, .expired), (Self.day + 1, .valid),
    ] {
      // Claims that agree with this machine's clock neither end nor extend it.
      evidence.received(Self.start + seconds, at: Self.at(seconds))
      #expect(evidence.verdict(on: Self.start + seconds + 60, at: Self.at(seconds)) == verdict)
    }
  }

  @Test func claimsLapseAcrossRestarts() throws {
    var evidence = ClockEvidence()
    evidence.received(Self.wrong, at: Self.at(0))
    for boot in 0..<3 {
      #expect(evidence.verdict(on: Self.start + 60, at: Self.at(0)) == .expired, "boot \(boot)")
      evidence = try Self.restarted(evidence, bootID: "other", at: Self.at(8 * 3_601), after: Self.at(0))
    }
    evidence.received(Self.start, at: Self.at(0))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(0)) == .valid)
  }

  @Test func claimsThatAgreedWithTheLocalClockAreAPermanentLowerBound() throws {
    var evidence = ClockEvidence()
    evidence.received(Self.start + 20, at: Self.at(0))
    evidence = try Self.restarted(
      evidence, bootID: "other", at: Self.at(0), after: Self.at(0, skew: -30 * Self.day))
    let later = Self.at(2 * Self.day, skew: -30 * Self.day)
    #expect(evidence.verdict(on: Self.start + 2 * Self.day + 19, at: later) == .expired)
    #expect(evidence.verdict(on: Self.start + 2 * Self.day + 20, at: later) == .unknown)
  }

  @Test func measurementLowersEarlierEvidence() throws {
    var evidence = ClockEvidence()
    // A measurement of a wrong platform clock, and claims by it.
    evidence.published("a", at: Self.at(0))
    let wrong = evidence.received(Self.wrong, answering: "a", at: Self.at(0))
    #expect(wrong == ClockEvidence.Measurement())
    evidence.received(Self.wrong + 30, at: Self.at(1))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(1)) == .expired)
    evidence = try Self.restarted(evidence, bootID: "other", at: Self.at(2), after: Self.at(3))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(3)) == .expired)
    evidence.published("b", at: Self.at(3))
    let right = evidence.received(Self.start + 3, answering: "b", at: Self.at(3))
    #expect(right.map { $0.correction ?? 0 > Self.day } == true)
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(3)) == .valid)
    evidence.published("c", at: Self.at(4))
    let again = evidence.received(Self.start + 4, answering: "c", at: Self.at(4))
    #expect(again == ClockEvidence.Measurement())
  }

  /// A measurement with a round trip of 50 s is older than a correct claim.
  @Test func slowMeasurementKeepsPlausibleEvidence() {
    let skew = -Self.day
    var evidence = ClockEvidence()
    evidence.published("c", at: Self.at(0, skew: skew))
    evidence.received(Self.start + 45, at: Self.at(45, skew: skew))
    let slow = evidence.received(Self.start, answering: "c", at: Self.at(50, skew: skew))
    #expect(slow == ClockEvidence.Measurement())
    #expect(evidence.verdict(on: Self.start + 49, at: Self.at(50, skew: skew)) == .expired)
    // A measurement without delay proves the claim wrong.
    evidence.published("d", at: Self.at(60, skew: skew))
    _ = evidence.received(Self.start, answering: "d", at: Self.at(60, skew: skew))
    #expect(evidence.verdict(on: Self.start + 1, at: Self.at(60, skew: skew)) == .valid)
  }

  @Test func latestPlatformTimeRequiresARecentMeasurement() {
    let evidence = Self.measured(at: 100)
    #expect(evidence.latestPlatformTime(at: Self.at(0).sinceBoot) == Self.start + 60)
    #expect(evidence.latestPlatformTime(at: Self.at(200).sinceBoot) == Self.start + 260)
    #expect(evidence.latestPlatformTime(at: Self.at(100 + 37 * 3_600).sinceBoot) == nil)
    #expect(ClockEvidence().latestPlatformTime(at: 0) == nil)
  }

  // MARK: Measurements

  @Test(arguments: [Int64(-1_700_000_000), -86_400, 0, 86_400])
  func measuredClockOverridesTheLocalClock(skew: Int64) {
    let evidence = Self.measured(skew: skew)
    #expect(evidence.verdict(on: Self.start + 100, at: Self.at(100, skew: skew)) == .valid)
    #expect(evidence.verdict(on: Self.start + 99, at: Self.at(100, skew: skew)) == .expired)
  }

  @Test func measurementLapses() {
    let evidence = Self.measured(skew: -Self.day)
    for (hours, verdict): (Int64, ClockEvidence.Verdict) in [(36, .valid), (37, .unknown)] {
      let seconds = hours * 3_600
      #expect(evidence.verdict(on: Self.start + seconds, at: Self.at(seconds, skew: -Self.day)) == verdict)
    }
  }

  @Test func onlyAnswersMeasure() {
    var evidence = ClockEvidence()
    let skew = -Self.day
    evidence.published("c", at: Self.at(0, skew: skew))
    for id in [nil, "", "other"] as [String?] {
      let isMeasured3 = evidence.received(Self.start, answering: id, at: Self.at(1, skew: skew)) != nil
      #expect(!isMeasured3)
    }
    // It was delayed in a buffer.
    let isMeasured4 = evidence.received(Self.start, answering: "c", at: Self.at(61, skew: skew)) != nil
    #expect(!isMeasured4)
    let isMeasured5 = evidence.received(Self.start, answering: "c", at: Self.at(61, skew: skew)) != nil
    #expect(!isMeasured5, "answered twice")
    #expect(evidence.verdict(on: Self.start + 1_000, at: Self.at(61, skew: skew)) == .unknown)
    #expect(evidence.verdict(on: Self.start - 1, at: Self.at(61, skew: skew)) == .expired)
  }

  @Test func challengesAreBounded() {
    var evidence = ClockEvidence()
    for number in 0..<100 { evidence.published("\(number)", at: Self.at(0)) }
    let isMeasured6 = evidence.received(Self.start, answering: "91", at: Self.at(0)) != nil
    #expect(!isMeasured6)
    let isMeasured7 = evidence.received(Self.start, answering: "92", at: Self.at(0)) != nil
    #expect(isMeasured7)
  }

  @Test func measuredClockCorrectsATimestampFromTheFuture() {
    var evidence = ClockEvidence()
    let skew = -Self.day
    evidence.received(Self.start + 100 * Self.day, at: Self.at(0, skew: skew))
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(0, skew: skew)) == .expired)
    evidence.published("c", at: Self.at(1, skew: skew))
    let isMeasured8 = evidence.received(Self.start + 1, answering: "c", at: Self.at(1, skew: skew)) != nil
    #expect(isMeasured8)
    #expect(evidence.verdict(on: Self.start + 60, at: Self.at(2, skew: skew)) == .valid)
  }

  // MARK: This machine's own clock

  @Test func localTimeDependsOnTheOwnClockOnly() {
    var evidence = ClockEvidence()
    var claim = Self.start
    for second: Int64 in 0..<1_000 {
      claim += 299
      evidence.received(claim, at: Self.at(second))
    }
    #expect(evidence.localTime(at: Self.at(1_000)) == Self.start + 1_000)
  }

  @Test func localTimeContinuesWhenTheClockIsSetBack() {
    var evidence = ClockEvidence()
    evidence.received(nil, at: Self.at(0))
    evidence.received(nil, at: Self.at(10, skew: -Self.day))
    #expect(evidence.localTime(at: Self.at(100, skew: -Self.day)) == Self.start + 100)
    #expect(
      evidence.localTime(at: Self.at(100, skew: -Self.day, isSynchronised: true)) == Self.start + 100
        - Self.day)
  }

  // MARK: Restarts

  private static func restarted(
    _ evidence: ClockEvidence, bootID: String, at reading: ClockReading, after: ClockReading
  ) throws -> ClockEvidence {
    let bytes = JSONWriter.encode(evidence.json(bootID: "boot 1", at: reading))
    return ClockEvidence(try JSONReader.parse(bytes), bootID: bootID, at: after)
  }

  @Test func measuredClockSurvivesARestartOfTheAgent() throws {
    let skew = -Self.day
    let evidence = try Self.restarted(
      Self.measured(skew: skew), bootID: "boot 1", at: Self.at(10, skew: skew), after: Self.at(20, skew: skew)
    )
    #expect(evidence.verdict(on: Self.start + 100, at: Self.at(100, skew: skew)) == .valid)
    #expect(evidence.verdict(on: Self.start + 99, at: Self.at(100, skew: skew)) == .expired)
  }

  @Test(arguments: ["boot 2", ""])
  func onlyTheLowerBoundSurvivesAReboot(bootID: String) throws {
    let reading = ClockReading(now: 50, isSynchronised: false, sinceBoot: 5_000)
    let evidence = try Self.restarted(
      Self.measured(), bootID: bootID, at: Self.at(10), after: reading)
    #expect(evidence.measured == nil)
    #expect(evidence.agreed == nil)
    let later = ClockReading(now: 150, isSynchronised: false, sinceBoot: 105_000)
    #expect(evidence.verdict(on: Self.start + 109, at: later) == .expired)
    #expect(evidence.verdict(on: Self.start + 110, at: later) == .unknown)
    #expect(evidence.localTime(at: later) == Self.start + 100)
  }

  @Test(arguments: [
    "null", "[]", "{}", #"{"boot_id":"boot 1","platform":{"time":1e300,"at_ms":1}}"#,
    #"{"boot_id":"boot 1","platform":{"time":1800000000,"at_ms":9223372036854775807}}"#,
    #"{"boot_id":"boot 1","not_before":{"time":-1,"at_ms":-1}}"#,
    #"{"boot_id":1,"not_before":{"time":9223372036854775807,"at_ms":0}}"#,
  ])
  func damagedFilesAreNoEvidence(text: String) throws {
    let evidence = ClockEvidence(
      try JSONReader.parse(Array(text.utf8)), bootID: "boot 1", at: Self.at(0))
    #expect(evidence == ClockEvidence())
  }
}

/// What is known of the platform's clock, to judge `expires_at` while this machine's clock is not synchronised. A pure value,
/// without clock and I/O.
///
/// Only two clocks admit a command: the platform's, measured by a message that answers one of this agent's, and this machine's,
/// when a message of the platform agreed with it lately.
///
/// A timestamp that was merely received is a claim: the message may have been on its way for long, and the clock that stamped it may
/// have been wrong. It refuses commands and admits none, for a day at most, and not where it is ahead by a day of a clock that was
/// measured in this boot, or by a minute of one that was synchronised. A claim that agrees with this machine's clock, and an answer, count for good, until another answer corrects them.
struct ClockEvidence: Sendable, Equatable {
  /// What is known of the expiry of a command.
  enum Verdict: Sendable, Equatable {
    /// It has not passed.
    case valid
    /// It has passed.
    case expired
    /// The time is not known.
    case unknown
  }

  /// A time on another clock, and when it was read.
  struct Sample: Sendable, Equatable {
    /// Unix seconds.
    var time: Int64
    /// ``ClockReading/sinceBoot`` then.
    var at: Int64

    /// The time on that clock at a later instant.
    func value(at sinceBoot: Int64) -> Int64 {
      let (elapsed, isTooMuch) = sinceBoot.subtractingReportingOverflow(at)
      guard !isTooMuch, elapsed > 0 else { return time }
      let (value, overflow) = time.addingReportingOverflow(elapsed / 1_000)
      return overflow ? .max : value
    }
  }

  /// A timestamp that nothing confirms.
  struct Claim: Sendable, Equatable {
    var sample: Sample
    /// How old it was at ``Sample/at``, in milliseconds: older than that after a reboot.
    var age: Int64 = 0

    /// The time that it claims, as long as it counts.
    func value(at sinceBoot: Int64) -> Int64? {
      let (elapsed, isTooMuch) = sinceBoot.subtractingReportingOverflow(sample.at)
      guard !isTooMuch, (0...ClockEvidence.claimLifetime).contains(elapsed),
        age <= ClockEvidence.claimLifetime - elapsed
      else { return nil }
      return sample.value(at: sinceBoot)
    }
  }

  /// What an answer to a message of this agent has shown.
  struct Measurement: Sendable, Equatable {
    /// By how many seconds the time that was known before was ahead of the platform's clock; nil = it was not.
    var correction: Int64?
  }

  /// A message of this agent that the platform may answer.
  private struct Challenge: Sendable, Equatable {
    let id: String
    let at: Int64
  }

  /// How far two clocks may differ that agree, and how long an answer may take that measures one, in seconds.
  static let tolerance: Int64 = 60
  /// For how long a measured clock counts, in milliseconds: the platform sends its time each day.
  static let measurementLifetime: Int64 = 36 * 3_600_000
  /// For how long an agreement counts, in milliseconds.
  static let agreementLifetime: Int64 = 24 * 3_600_000
  /// For how long a claim counts, in milliseconds.
  static let claimLifetime: Int64 = 24 * 3_600_000
  /// Times that a clock of the platform can show: from 2025, before which there was no `expires_at`, to 2100.
  static let plausible: ClosedRange<Int64> = 1_735_689_600...4_102_444_800
  /// How far a claim may be ahead of a synchronised clock, in seconds: as long as an answer may have taken.
  static let lead = tolerance
  /// How far a claim may be ahead of the platform's clock as it was measured, in seconds: that clock may have been corrected since.
  static let correctionLead: Int64 = 86_400
  /// A clock that nothing corrects goes wrong by a second in this many milliseconds at most.
  private static let drift: Int64 = 1_000_000
  private static let mostChallenges = 8

  /// The platform's clock shows no earlier time: what an answer has measured, or a claim that agreed with this machine's clock.
  private(set) var lowerBound: Sample?
  /// The latest time that a message has claimed.
  private(set) var claim: Claim?
  /// The platform's clock, as an answer gave it.
  private(set) var measured: Sample?
  /// This machine's clock when it was last synchronised.
  private(set) var synchronised: Sample?
  /// This machine's clock when it last agreed with the platform's.
  private(set) var agreed: Sample?
  /// The latest time that this machine's clock is known to have shown; nothing that was received counts here.
  private(set) var latestLocal: Sample?
  private var challenges: [Challenge] = []

  /// No evidence.
  init() {}

  /// Takes over what holds after any restart.
  mutating func restore(lowerBound: Sample?, claim: Claim?, latestLocal: Sample?) {
    self.lowerBound = lowerBound
    self.claim = claim
    self.latestLocal = latestLocal
  }

  /// Takes over what holds in the same boot only.
  mutating func restore(measured: Sample?, synchronised: Sample?, agreed: Sample?) {
    self.measured = measured
    self.synchronised = synchronised
    self.agreed = agreed
  }

  // MARK: What is observed

  /// A message to the platform went out, which it may answer with its time.
  mutating func published(_ id: String, at reading: ClockReading) {
    challenges.append(Challenge(id: id, at: reading.sinceBoot))
    if challenges.count > Self.mostChallenges { challenges.removeFirst() }
  }

  /// A message of the platform was received.
  ///
  /// - Parameter timestamp: When it was sent, in unix seconds; nil = it does not say.
  mutating func received(_ timestamp: Int64?, at reading: ClockReading) {
    observe(reading)
    guard let timestamp, Self.plausible.contains(timestamp), isCredible(timestamp, at: reading) else {
      return
    }
    if timestamp > claim?.value(at: reading.sinceBoot) ?? .min {
      claim = Claim(sample: Sample(time: timestamp, at: reading.sinceBoot))
    }
    guard Self.agrees(timestamp, reading.now) else { return }
    agreed = Sample(time: reading.now, at: reading.sinceBoot)
    raiseLowerBound(to: timestamp, at: reading)
  }

  /// The platform's time was received.
  ///
  /// - Parameter id: The message that it answers. One that this agent did not send lately measures nothing.
  /// - Returns: What is known of the platform's clock by it; nil = nothing.
  mutating func received(_ timestamp: Int64?, answering id: String?, at reading: ClockReading) -> Measurement?
  {
    guard let timestamp, let took = answerTime(id, at: reading), Self.plausible.contains(timestamp) else {
      received(timestamp, at: reading)
      return nil
    }
    observe(reading)
    let known = [lowerBound?.value(at: reading.sinceBoot), claim?.value(at: reading.sinceBoot)].compactMap(
      \.self)
    let sample = Sample(time: timestamp, at: reading.sinceBoot)
    measured = sample
    claim = nil
    if !Self.agrees(timestamp, reading.now), !reading.isSynchronised { agreed = nil }
    guard let latest = known.max(), latest > timestamp else {
      lowerBound = sample
      return Measurement()
    }
    // The clock was read after the message that it answers went out: what was ahead of it by more was wrong.
    let isWrong = latest - timestamp > took / 1_000 + 1
    lowerBound = isWrong ? sample : Sample(time: latest, at: reading.sinceBoot)
    return Measurement(correction: latest - timestamp > Self.lead ? latest - timestamp : nil)
  }

  /// The milliseconds that passed since this agent sent a message; nil = it did not, or too long ago, or that was answered before.
  private mutating func answerTime(_ id: String?, at reading: ClockReading) -> Int64? {
    guard let index = challenges.firstIndex(where: { $0.id == id }) else { return nil }
    let challenge = challenges.remove(at: index)
    let (took, overflow) = reading.sinceBoot.subtractingReportingOverflow(challenge.at)
    return !overflow && (0...Self.tolerance * 1_000).contains(took) ? took : nil
  }

  private mutating func raiseLowerBound(to time: Int64, at reading: ClockReading) {
    guard time > lowerBound?.value(at: reading.sinceBoot) ?? .min else { return }
    lowerBound = Sample(time: time, at: reading.sinceBoot)
  }

  /// Whether a claim is not far ahead of a clock that was proven in this boot. How long the machine was off before is not known.
  private func isCredible(_ timestamp: Int64, at reading: ClockReading) -> Bool {
    [(measured, Self.correctionLead), (synchronised, Self.lead)].allSatisfy { proven, lead in
      guard let proven else { return true }
      let (age, isTooMuch) = reading.sinceBoot.subtractingReportingOverflow(proven.at)
      let (limit, overflow) = proven.value(at: reading.sinceBoot)
        .addingReportingOverflow(lead + (isTooMuch ? 0 : max(0, age) / Self.drift))
      return overflow || timestamp <= limit
    }
  }

  private mutating func observe(_ reading: ClockReading) {
    guard reading.isSynchronised else {
      if reading.now >= latestLocal?.value(at: reading.sinceBoot) ?? .min {
        latestLocal = Sample(time: reading.now, at: reading.sinceBoot)
      }
      return
    }
    let local = Sample(time: reading.now, at: reading.sinceBoot)
    latestLocal = local
    agreed = local
    synchronised = local
    // What contradicts a synchronised clock is not kept for the time after.
    if let bound = lowerBound, !Self.agrees(max(bound.value(at: reading.sinceBoot), reading.now), reading.now)
    {
      lowerBound = nil
    }
    if let value = claim?.value(at: reading.sinceBoot), !Self.agrees(max(value, reading.now), reading.now) {
      claim = nil
    }
    if let sample = measured, !Self.agrees(sample.value(at: reading.sinceBoot), reading.now) {
      measured = nil
    }
  }

  // MARK: What follows

  /// Whether a command that was received at `reading` was too late. Its own timestamp has been ``received(_:at:)`` before.
  ///
  /// - Parameter expiry: Its `expires_at`, in unix seconds.
  func verdict(on expiry: Int64, at reading: ClockReading) -> Verdict {
    if reading.isSynchronised { return reading.now > expiry ? .expired : .valid }
    guard expiry >= Self.plausible.lowerBound else { return .expired }
    if let lowerBound, lowerBound.value(at: reading.sinceBoot) > expiry { return .expired }
    if let claimed = claim?.value(at: reading.sinceBoot), claimed > expiry { return .expired }
    if let platform = measuredTime(at: reading) { return platform > expiry ? .expired : .valid }
    if reading.now > expiry { return .expired }
    return isLocalClockRight(at: reading) ? .valid : .unknown
  }

  /// The platform's clock, if it was measured in this boot and lately.
  private func measuredTime(at reading: ClockReading) -> Int64? {
    measured.flatMap {
      let age = reading.sinceBoot &- $0.at
      return (0...Self.measurementLifetime).contains(age) ? $0.value(at: reading.sinceBoot) : nil
    }
  }

  /// Whether this machine's clock agreed with the platform's lately, was not set since, and nothing proves it to be behind.
  private func isLocalClockRight(at reading: ClockReading) -> Bool {
    guard let agreed, (0...Self.agreementLifetime).contains(reading.sinceBoot &- agreed.at),
      Self.agrees(agreed.value(at: reading.sinceBoot), reading.now)
    else { return false }
    let known = [lowerBound?.value(at: reading.sinceBoot), claim?.value(at: reading.sinceBoot)].compactMap(
      \.self)
    return known.allSatisfy { $0 <= reading.now || Self.agrees($0, reading.now) }
  }

  /// No later time did the platform's clock show at an instant of this boot; nil = it was not measured lately.
  func latestPlatformTime(at sinceBoot: Int64) -> Int64? {
    guard let measured else { return nil }
    let (elapsed, isTooMuch) = sinceBoot.subtractingReportingOverflow(measured.at)
    guard !isTooMuch, (-Self.measurementLifetime...Self.measurementLifetime).contains(elapsed) else {
      return nil
    }
    return measured.time + elapsed / 1_000 + Self.lead
  }

  /// The latest time that this machine's clock has shown, with the time since: by that it is judged whether a peer's time can be
  /// true.
  func localTime(at reading: ClockReading) -> Int64 {
    guard !reading.isSynchronised, let latestLocal else { return reading.now }
    return max(reading.now, latestLocal.value(at: reading.sinceBoot))
  }

  private static func agrees(_ first: Int64, _ second: Int64) -> Bool {
    let (difference, overflow) = first.subtractingReportingOverflow(second)
    return !overflow && difference.magnitude <= tolerance.magnitude
  }
}

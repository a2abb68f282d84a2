import Encoding

/// Evidence of the platform's clock, to judge `expires_at` while this machine's clock is not synchronised. No I/O.
///
/// Only two clocks can admit a command: the platform's clock, measured by a message that answers one of this agent's, and this
/// machine's clock, if a recent message from the platform agreed with it.
///
/// A timestamp that was merely received is a claim. The message may have been delayed, and the clock that stamped it may have been
/// wrong. A claim can expire commands but never admits one. It holds for a day at most, and is ignored when it is more than a day
/// ahead of a clock that was measured in this boot, or more than a minute ahead of one that was synchronised. A claim that agrees
/// with this machine's clock, and a measurement, hold until another measurement corrects them.
struct ClockEvidence: Sendable, Equatable {
  /// A verdict on the expiry of a command.
  enum Verdict: Sendable, Equatable {
    /// The expiry has not passed.
    case valid
    /// The expiry has passed.
    case expired
    /// The current time is unknown.
    case unknown
  }

  /// A time on another clock, and the instant at which it was read.
  struct Sample: Sendable, Equatable {
    /// Unix seconds.
    var time: Int64
    /// The instant, as ``ClockReading/sinceBoot``.
    var at: Int64

    /// The time on that clock at a later instant, in unix seconds.
    func value(at sinceBoot: Int64) -> Int64 {
      let (elapsed, isTooMuch) = sinceBoot.subtractingReportingOverflow(at)
      guard !isTooMuch, elapsed > 0 else { return time }
      let (value, overflow) = time.addingReportingOverflow(elapsed / 1_000)
      return overflow ? .max : value
    }
  }

  /// An unconfirmed timestamp.
  struct Claim: Sendable, Equatable {
    var sample: Sample
    /// Its age at ``Sample/at``, in milliseconds. After a reboot this is a lower bound.
    var age: Int64 = 0

    /// The claimed time at an instant; nil after the claim has lapsed.
    func value(at sinceBoot: Int64) -> Int64? {
      let (elapsed, isTooMuch) = sinceBoot.subtractingReportingOverflow(sample.at)
      guard !isTooMuch, (0...ClockEvidence.claimLifetime).contains(elapsed),
        age <= ClockEvidence.claimLifetime - elapsed
      else { return nil }
      return sample.value(at: sinceBoot)
    }
  }

  /// The result of a measurement of the platform's clock.
  struct Measurement: Sendable, Equatable {
    /// The seconds by which the previous evidence was ahead of the platform's clock; nil when it was not.
    var correction: Int64?
  }

  /// A message of this agent that the platform may answer with its time.
  private struct Challenge: Sendable, Equatable {
    let id: String
    let at: Int64
  }

  /// The largest difference between clocks that agree, and the longest round trip of a measurement, in seconds.
  static let tolerance: Int64 = 60
  /// The lifetime of a measurement, in milliseconds. The platform sends its time daily.
  static let measurementLifetime: Int64 = 36 * 3_600_000
  /// The lifetime of an agreement, in milliseconds.
  static let agreementLifetime: Int64 = 24 * 3_600_000
  /// The lifetime of a claim, in milliseconds.
  static let claimLifetime: Int64 = 24 * 3_600_000
  /// The plausible times of a platform, in unix seconds: from 2025, before which `expires_at` did not exist, to 2100.
  static let plausible: ClosedRange<Int64> = 1_735_689_600...4_102_444_800
  /// The largest lead of a claim over a synchronised clock, in seconds: the longest round trip.
  static let lead = tolerance
  /// The largest lead of a claim over the measured platform clock, in seconds. That clock may have been corrected since.
  static let correctionLead: Int64 = 86_400
  /// The time in which an undisciplined clock drifts by one second at most, in milliseconds.
  private static let drift: Int64 = 1_000_000
  private static let maximumChallenges = 8

  /// A lower bound of the platform's clock, from a measurement or from a claim that agreed with this machine's clock.
  private(set) var lowerBound: Sample?
  /// The latest claim.
  private(set) var claim: Claim?
  /// The last measurement of the platform's clock.
  private(set) var measured: Sample?
  /// This machine's clock when it was last synchronised.
  private(set) var synchronised: Sample?
  /// This machine's clock when it last agreed with the platform's.
  private(set) var agreed: Sample?
  /// The latest time that this machine's clock is known to have shown. Received timestamps have no influence on it.
  private(set) var latestLocal: Sample?
  private var challenges: [Challenge] = []

  /// Creates empty evidence.
  init() {}

  /// Restores the evidence that survives a reboot.
  mutating func restore(lowerBound: Sample?, claim: Claim?, latestLocal: Sample?) {
    self.lowerBound = lowerBound
    self.claim = claim
    self.latestLocal = latestLocal
  }

  /// Restores the evidence that is valid within one boot.
  mutating func restore(measured: Sample?, synchronised: Sample?, agreed: Sample?) {
    self.measured = measured
    self.synchronised = synchronised
    self.agreed = agreed
  }

  // MARK: Observations

  /// Records a published message that the platform may answer with its time.
  mutating func published(_ id: String, at reading: ClockReading) {
    challenges.append(Challenge(id: id, at: reading.sinceBoot))
    if challenges.count > Self.maximumChallenges { challenges.removeFirst() }
  }

  /// Records a message from the platform.
  ///
  /// - Parameter timestamp: Its timestamp, in unix seconds, if it has one.
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

  /// Records a time message from the platform.
  ///
  /// - Parameter id: The message that it answers. Only an answer to a recent message of this agent is a measurement.
  /// - Returns: The measurement; nil when the message does not answer a recent message of this agent.
  mutating func received(_ timestamp: Int64?, answering id: String?, at reading: ClockReading) -> Measurement?
  {
    guard let timestamp, let roundTrip = answerTime(id, at: reading), Self.plausible.contains(timestamp)
    else {
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
    // The platform read its clock after the challenge was published, so any evidence further ahead was wrong.
    let isWrong = latest - timestamp > roundTrip / 1_000 + 1
    lowerBound = isWrong ? sample : Sample(time: latest, at: reading.sinceBoot)
    return Measurement(correction: latest - timestamp > Self.lead ? latest - timestamp : nil)
  }

  /// The milliseconds since a challenge was published; nil when it is unknown, already answered, or too old.
  private mutating func answerTime(_ id: String?, at reading: ClockReading) -> Int64? {
    guard let id, let index = challenges.firstIndex(where: { $0.id.hasSameBytes(as: id) }) else { return nil }
    let challenge = challenges.remove(at: index)
    let (roundTrip, overflow) = reading.sinceBoot.subtractingReportingOverflow(challenge.at)
    return !overflow && (0...Self.tolerance * 1_000).contains(roundTrip) ? roundTrip : nil
  }

  private mutating func raiseLowerBound(to time: Int64, at reading: ClockReading) {
    guard time > lowerBound?.value(at: reading.sinceBoot) ?? .min else { return }
    lowerBound = Sample(time: time, at: reading.sinceBoot)
  }

  /// Whether a claim is close enough to the clocks that were proven in this boot. The time spent powered off is unknown.
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
    // Evidence that contradicts a synchronised clock is dropped.
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

  // MARK: Conclusions

  /// Judges a command that was received at `reading`. Record its own timestamp with ``received(_:at:)`` first.
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

  /// The platform's clock, if it was recently measured in this boot, in unix seconds.
  private func measuredTime(at reading: ClockReading) -> Int64? {
    measured.flatMap {
      let age = reading.sinceBoot &- $0.at
      return (0...Self.measurementLifetime).contains(age) ? $0.value(at: reading.sinceBoot) : nil
    }
  }

  /// Whether this machine's clock recently agreed with the platform's, has not been set since, and is not provably behind.
  private func isLocalClockRight(at reading: ClockReading) -> Bool {
    guard let agreed, (0...Self.agreementLifetime).contains(reading.sinceBoot &- agreed.at),
      Self.agrees(agreed.value(at: reading.sinceBoot), reading.now)
    else { return false }
    let known = [lowerBound?.value(at: reading.sinceBoot), claim?.value(at: reading.sinceBoot)].compactMap(
      \.self)
    return known.allSatisfy { $0 <= reading.now || Self.agrees($0, reading.now) }
  }

  /// An upper bound of the platform's clock at an instant of this boot, in unix seconds; nil without a recent measurement.
  func latestPlatformTime(at sinceBoot: Int64) -> Int64? {
    guard let measured else { return nil }
    let (elapsed, isTooMuch) = sinceBoot.subtractingReportingOverflow(measured.at)
    guard !isTooMuch, (-Self.measurementLifetime...Self.measurementLifetime).contains(elapsed) else {
      return nil
    }
    return measured.time + elapsed / 1_000 + Self.lead
  }

  /// The latest time that this machine's clock has shown plus the time since, in unix seconds. Timestamps of peers are clamped
  /// by it.
  func localTime(at reading: ClockReading) -> Int64 {
    guard !reading.isSynchronised, let latestLocal else { return reading.now }
    return max(reading.now, latestLocal.value(at: reading.sinceBoot))
  }

  private static func agrees(_ first: Int64, _ second: Int64) -> Bool {
    let (difference, overflow) = first.subtractingReportingOverflow(second)
    return !overflow && difference.magnitude <= tolerance.magnitude
  }
}

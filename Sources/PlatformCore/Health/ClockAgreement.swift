/// Whether the clock of this machine agrees with the servers' clocks. No I/O.
///
/// The servers date what they sign and check the expiry of JWTs. An instance with a wrong clock would answer their
/// requests too late, and record wrong times for commands and audit entries.
struct ClockAgreement: Sendable {
  /// The offset in seconds beyond which the clock disagrees: half of ``CalloutSettings/clockTolerance``.
  static let limit = 30.0
  /// The offset in seconds below which the clock agrees again.
  static let agreesAgain = 20.0
  /// How long a server's answer counts, in seconds.
  static let keptFor = 15.0
  /// The most servers to remember.
  private static let maximumServers = 1_024

  private struct Sample {
    var offset: Double
    var at: Double
  }

  /// For how long servers must report a wrong clock before a clock that agreed counts as wrong, in seconds. The first
  /// answer of a round may come from a server that is wrong itself.
  private let confirmation: Double
  private var hasAgreed = false
  private var isOffSince: Double?
  private var samples: [String: Sample] = [:]
  /// The median offset of this machine's clock in seconds, positive when it is ahead; nil before the first answer.
  private(set) var offset: Double?
  /// Whether the clock agrees; true until servers report otherwise.
  private(set) var agrees = true

  init(confirmedFor confirmation: Double = 0) { self.confirmation = confirmation }

  /// Processes a server's answer. When the clocks agree, the server's time lies between request and answer.
  ///
  /// - Parameters:
  ///   - sent: When the request was sent, by this machine's clock, in unix seconds.
  ///   - received: When the answer arrived, by this machine's clock.
  ///   - time: The time in the answer, by the server's clock.
  ///   - now: Monotonic time in seconds.
  mutating func observe(server: String, sent: Double, received: Double, time: Double, now: Double) {
    let ahead = time < sent ? sent - time : time > received ? received - time : 0
    samples = samples.filter { now - $0.value.at < Self.keptFor }
    guard samples[server] != nil || samples.count < Self.maximumServers else { return }
    samples[server] = Sample(offset: ahead, at: now)
    let offsets = samples.values.map(\.offset).sorted { abs($0) < abs($1) }
    // The smaller of the two middle values: half of the servers do not outvote the others.
    let median = offsets[(offsets.count - 1) / 2]
    offset = median
    guard abs(median) > Self.limit else {
      isOffSince = nil
      hasAgreed = true
      if abs(median) < Self.agreesAgain { agrees = true }
      return
    }
    let since = isOffSince ?? now
    isOffSince = since
    if !hasAgreed || now - since >= confirmation { agrees = false }
  }

  /// The problem in one line; nil while the clock agrees.
  var problem: String? {
    guard !agrees, let offset else { return nil }
    let seconds = Int(min(abs(offset), 1e12).rounded())
    return
      "the clock of this machine is \(seconds) s \(offset > 0 ? "ahead of" : "behind") the servers': set up NTP here and on the "
      + "servers; until it agrees within \(Int(Self.agreesAgain)) s this instance takes no logins, requests or lease"
  }
}

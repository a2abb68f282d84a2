/// Whether the clock of this machine agrees with those of the servers. A pure value.
///
/// The servers date what they sign and check when JWTs run out; an instance whose clock is off would answer their requests too
/// late or not at all, and date commands and the audit record wrongly.
struct ClockAgreement: Sendable {
  /// Disagrees beyond this, in seconds: half of ``CalloutSettings/clockTolerance``.
  static let limit = 30.0
  /// Agrees again below this, in seconds.
  static let agreesAgain = 20.0
  /// How long the answer of a server counts, in seconds.
  static let keptFor = 15.0
  /// The most servers that are remembered.
  private static let maximumServers = 1_024

  private struct Sample {
    var offset: Double
    var at: Double
  }

  /// For how long servers must say that a clock is off that agreed before, in seconds: the first answer of a round may be that of
  /// the one that is wrong.
  private let confirmation: Double
  private var hasAgreed = false
  private var isOffSince: Double?
  private var samples: [String: Sample] = [:]
  /// How far this machine's clock is ahead of the servers', in seconds: the median; nil before the first answer.
  private(set) var offset: Double?
  /// Whether it agrees; it does until servers say otherwise.
  private(set) var agrees = true

  init(confirmedFor confirmation: Double = 0) { self.confirmation = confirmation }

  /// Takes the answer of a server. The server's time lies between question and answer where the clocks agree.
  ///
  /// - Parameters:
  ///   - sent: when it was asked, by this machine's clock, in unix seconds.
  ///   - received: when it answered, by this machine's clock.
  ///   - time: when it answered, by the server's clock.
  ///   - now: steady time in seconds.
  mutating func observe(server: String, sent: Double, received: Double, time: Double, now: Double) {
    let ahead = time < sent ? sent - time : time > received ? received - time : 0
    samples = samples.filter { now - $0.value.at < Self.keptFor }
    guard samples[server] != nil || samples.count < Self.maximumServers else { return }
    samples[server] = Sample(offset: ahead, at: now)
    let offsets = samples.values.map(\.offset).sorted { abs($0) < abs($1) }
    // Of an even number the smaller: half of the servers do not outvote the others.
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

  /// What is wrong, in one line; nil while it agrees.
  var problem: String? {
    guard !agrees, let offset else { return nil }
    let seconds = Int(min(abs(offset), 1e12).rounded())
    return
      "the clock of this machine is \(seconds) s \(offset > 0 ? "ahead of" : "behind") the servers': set up NTP here and on the "
      + "servers; until it agrees within \(Int(Self.agreesAgain)) s this instance takes no logins, requests or lease"
  }
}

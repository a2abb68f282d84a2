/// The byte quota of each agent in the event stream: a leaky bucket for each, driven by message times. No clock, no I/O.
///
/// nats-server limits the messages of one subject by number only, so the leader counts the bytes.
struct EventShares: Sendable {
  /// An agent exceeded its share.
  struct Excess: Sendable, Hashable {
    /// The counted bytes.
    var bytes: Int
    /// Whether it is the first within a minute.
    var shouldLog: Bool
    /// The sequence after which the bytes were counted; zero at first.
    var since: UInt64
  }

  private struct Account {
    var bytes: Double
    var at: Double
    var loggedAt = -Double.infinity
    var since: UInt64 = 0
  }

  private static let logPeriod = 60.0
  /// Empty accounts are removed when there are more.
  private static let maximumAccounts = 65_536

  private let share: Double
  private let window: Double
  private var accounts: [String: Account] = [:]

  /// Creates an empty table.
  ///
  /// - Parameters:
  ///   - share: The burst in bytes, which refills within `window`.
  ///   - window: The maximum age of messages in the stream, in seconds.
  init(share: Int, window: Double) {
    self.share = Double(max(share, 1))
    self.window = max(window, 1)
  }

  /// Counts a stored message.
  ///
  /// - Parameters:
  ///   - uuid: The agent, by the subject.
  ///   - sequence: The stream sequence of the message.
  ///   - time: The time at which the server received it, in unix seconds.
  /// - Returns: Non-nil when the agent exceeds its share; its count restarts at zero.
  mutating func add(_ bytes: UInt32, of uuid: String, sequence: UInt64, at time: Double) -> Excess? {
    if accounts.count >= Self.maximumAccounts, accounts[uuid] == nil {
      accounts = accounts.filter { left($0.value, at: time) > 0 }
    }
    var account = accounts[uuid] ?? Account(bytes: 0, at: time)
    account.bytes = left(account, at: time) + Double(bytes)
    account.at = max(account.at, time)
    defer { accounts[uuid] = account }
    guard account.bytes > share else { return nil }
    let excess = Excess(
      bytes: Int(clamping: Int64(account.bytes.rounded())),
      shouldLog: time - account.loggedAt >= Self.logPeriod,
      since: account.since)
    account.since = sequence
    if excess.shouldLog { account.loggedAt = time }
    account.bytes = 0
    return excess
  }

  private func left(_ account: Account, at time: Double) -> Double {
    max(0, account.bytes - max(0, time - account.at) * share / window)
  }
}

/// How many bytes of the stream of events each agent may take: a leaky bucket for each, by the times of the messages. A value without
/// clock and I/O.
///
/// nats-server bounds the messages of one subject by number only, so the leader counts the bytes.
struct EventShares: Sendable {
  /// An agent has taken more than its share.
  struct Excess: Sendable, Hashable {
    /// The bytes that were counted.
    var bytes: Int
    /// Whether it is the first within a minute, and worth a line in the log.
    var isNew: Bool
    /// The sequence at which the bytes began to be counted; zero at first.
    var since: UInt64
  }

  private struct Account {
    var bytes: Double
    var at: Double
    var loggedAt = -Double.infinity
    var since: UInt64 = 0
  }

  private static let logPeriod = 60.0
  /// Accounts that have run empty are dropped when there are more.
  private static let maximumAccounts = 65_536

  private let share: Double
  private let window: Double
  private var accounts: [String: Account] = [:]

  /// Empty accounts.
  ///
  /// - Parameters:
  ///   - share: bytes at a time, and again within `window`.
  ///   - window: for how long the stream keeps messages, in seconds.
  init(share: Int, window: Double) {
    self.share = Double(max(share, 1))
    self.window = max(window, 1)
  }

  /// Counts a message.
  ///
  /// - Parameters:
  ///   - uuid: the agent, by the subject.
  ///   - sequence: its place in the stream.
  ///   - time: when the server received it, in unix seconds.
  /// - Returns: non-nil when the agent is over its share; its account begins anew.
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
      bytes: Int(clamping: Int64(account.bytes.rounded())), isNew: time - account.loggedAt >= Self.logPeriod,
      since: account.since)
    account.since = sequence
    if excess.isNew { account.loggedAt = time }
    account.bytes = 0
    return excess
  }

  private func left(_ account: Account, at time: Double) -> Double {
    max(0, account.bytes - max(0, time - account.at) * share / window)
  }
}

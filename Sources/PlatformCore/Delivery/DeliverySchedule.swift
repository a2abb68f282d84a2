import PlatformAPI

/// The schedule of the commands without a result. No clock, no I/O.
///
/// The commands of one agent are processed one after another in the order of their submission, also when they are sent again.
/// All times are unix seconds.
struct DeliverySchedule: Sendable {
  /// The next step for a command.
  enum Step: Sendable, Hashable {
    /// Send it to the agent, for the first time or again.
    case send(String)
    /// Ask the agent to cancel it; it must not be sent again.
    case requestCancel(String)
    /// End it as expired; it was never sent.
    case expire(String)
    /// End it as unknown; it was sent, and its result is overdue.
    case markUnknown(String)
    /// End it as cancelled; it was never sent.
    case cancelUnsent(String)

    /// The id of the command.
    var id: String {
      switch self {
      case .send(let id), .requestCancel(let id), .expire(let id), .markUnknown(let id),
        .cancelUnsent(let id):
        id
      }
    }
  }

  /// A command without a result.
  struct Command: Sendable, Hashable {
    let id: String
    /// The position among all commands.
    let order: UInt64
    var isSent: Bool
    var attempts: Int
    var lastSentAt: Double
    let expiresAt: Int64
    var isCancelled: Bool
    /// The number of cancel requests sent to the agent.
    var cancelRequests = 0
    /// The time at which a sent command is sent again.
    var dueAt: Double
    /// Whether ``dueAt`` was set by the retry delay alone. The command may be running then.
    var isDueByTimeout = true
    /// Whether the record may say "sent" though the agent never received it. Later commands wait until it was sent again.
    var isUncertain = false
  }

  private struct Agent {
    /// The time of the last heartbeat or announcement.
    var lastSeen = -Double.infinity
    /// Nothing is sent before this time.
    var heldUntil = -Double.infinity
    /// Whether the agent deduplicates commands by id.
    var keepsJournal = false
    /// Ordered by ``Command/order``.
    var commands: [Command] = []
  }

  /// The delay in seconds after which a command without a result is sent again: 15 s, doubled for each attempt up to 5 min. Agents
  /// without a journal would run the command twice, so this does not apply to them.
  static func retryDelay(afterAttempts attempts: Int) -> Double {
    min(300, 15 * Double(1 << min(5, max(0, attempts - 1))))
  }
  /// The number of attempts after which an announcement resends a command no earlier than the first retry delay.
  static let promptAttempts = 4
  /// A command sent less than this before an announcement, in seconds, may have reached the old connection or the new one.
  static let reconnectWindow: Double = 1

  private let aliveWithin: Double
  private var agents: [String: Agent] = [:]

  /// Creates an empty schedule.
  ///
  /// - Parameter aliveWithin: The seconds after a heartbeat for which an agent counts as reachable.
  init(aliveWithin: Double) {
    self.aliveWithin = aliveWithin
  }

  /// The number of commands without a result.
  var count: Int { agents.values.reduce(0) { $0 + $1.commands.count } }

  // MARK: Observations

  /// Adds or updates a command.
  ///
  /// - Parameter revision: The revision of the record; the position of a command that was never sent.
  mutating func observe(_ record: CommandRecord, revision: UInt64) {
    guard !record.state.isFinal else { return remove(record.id, of: record.agent) }
    let lastSentAt = record.lastSentAt ?? 0
    var command = Command(
      id: record.id, order: record.order ?? revision, isSent: record.state == .sent,
      attempts: record.attempts, lastSentAt: lastSentAt, expiresAt: record.expiresAt,
      isCancelled: record.cancelRequestedAt != nil,
      dueAt: lastSentAt + Self.retryDelay(afterAttempts: record.attempts))
    var agent = agents[record.agent] ?? Agent()
    if let index = agent.commands.firstIndex(where: { $0.id == record.id }) {
      let known = agent.commands[index]
      command.cancelRequests = known.cancelRequests
      command.isUncertain = known.isUncertain
      // A time that was decided meanwhile stays, unless the command was sent since.
      let isSameAttempt = known.attempts == command.attempts && known.isSent == command.isSent
      if isSameAttempt || known.isUncertain {
        command.dueAt = known.dueAt
        command.isDueByTimeout = known.isDueByTimeout
      }
      if command.isCancelled, !known.isCancelled { command.dueAt = -.infinity }
      agent.commands[index] = command
    } else {
      if command.isCancelled { command.dueAt = -.infinity }
      let place = agent.commands.partitioningIndex { $0.order > command.order }
      agent.commands.insert(command, at: place)
    }
    agents[record.agent] = agent
  }

  /// Removes a command.
  mutating func remove(_ id: String, of uuid: String) {
    agents[uuid]?.commands.removeAll { $0.id == id }
  }

  /// Sets whether the agent keeps a journal.
  mutating func setKeepsJournal(of uuid: String, isKept: Bool) {
    agents[uuid, default: Agent()].keepsJournal = isKept
  }

  /// Records a heartbeat.
  mutating func recordHeartbeat(of uuid: String, at time: Double) {
    let wasReachable = isReachable(uuid, at: time)
    agents[uuid, default: Agent()].lastSeen = max(time, agents[uuid]?.lastSeen ?? time)
    // Commands sent while it was silent were lost or delayed. An agent without a journal would run them twice.
    if !wasReachable, agents[uuid]?.keepsJournal == true { makeAllDue(of: uuid, at: time) }
  }

  /// Records an announcement. Commands that were sent before may be lost.
  mutating func recordAnnouncement(of uuid: String, at time: Double) {
    agents[uuid, default: Agent()].lastSeen = max(time, agents[uuid]?.lastSeen ?? time)
    makeAllDue(of: uuid, at: time)
  }

  private mutating func makeAllDue(of uuid: String, at time: Double) {
    guard var agent = agents[uuid] else { return }
    for index in agent.commands.indices {
      let command = agent.commands[index]
      let isNearReconnect = command.isSent && time - command.lastSentAt < Self.reconnectWindow
      if isNearReconnect { agent.commands[index].isUncertain = true }
      // Limits resends to an agent that announces itself repeatedly.
      let hasManyAttempts = command.isSent && command.attempts > Self.promptAttempts
      let due =
        hasManyAttempts
        ? command.lastSentAt + Self.retryDelay(afterAttempts: 1)
        : isNearReconnect ? command.lastSentAt + 2 * Self.reconnectWindow : -.infinity
      agent.commands[index].dueAt = min(command.dueAt, due)
      agent.commands[index].isDueByTimeout = false
    }
    agents[uuid] = agent
  }

  /// Makes recently sent commands due: the last leader may have recorded them as sent without publishing them.
  mutating func resendRecent(at now: Double) {
    // An agent without a journal may be running it.
    for uuid in Array(agents.keys) where agents[uuid]?.keepsJournal == true {
      for index in agents[uuid]?.commands.indices ?? 0..<0 {
        guard let command = agents[uuid]?.commands[index], command.isSent else { continue }
        if now - command.lastSentAt < Self.retryDelay(afterAttempts: 1) {
          agents[uuid]?.commands[index].dueAt = -.infinity
          agents[uuid]?.commands[index].isDueByTimeout = false
        }
      }
    }
  }

  // MARK: Steps

  /// Whether the agent was seen recently enough to be reachable.
  func isReachable(_ uuid: String, at now: Double) -> Bool {
    agents[uuid].map { now - $0.lastSeen <= aliveWithin } ?? false
  }

  /// The agents with a due step.
  func due(at now: Double) -> [String] {
    agents.keys.filter { next(for: $0, at: now) != nil }
  }

  /// The next step for an agent; nil when none is due.
  func next(for uuid: String, at now: Double) -> Step? {
    guard let agent = agents[uuid], agent.heldUntil <= now else { return nil }
    let isReachable = now - agent.lastSeen <= aliveWithin
    for command in agent.commands {
      if let step = step(for: command, of: agent, isReachable: isReachable, at: now) { return step }
      if command.isUncertain, command.isSent, !command.isCancelled, isReachable { return nil }
    }
    return nil
  }

  private func step(for command: Command, of agent: Agent, isReachable: Bool, at now: Double) -> Step? {
    guard command.isSent else {
      if command.isCancelled { return .cancelUnsent(command.id) }
      if now >= Double(command.expiresAt) { return .expire(command.id) }
      return isReachable ? .send(command.id) : nil
    }
    if now >= Double(command.expiresAt) + CommandRecord.resultTimeout { return .markUnknown(command.id) }
    guard isReachable, now >= command.dueAt else { return nil }
    if command.isCancelled { return .requestCancel(command.id) }
    return agent.keepsJournal || !command.isDueByTimeout ? .send(command.id) : nil
  }

  // MARK: Outcomes

  /// Records a cancel request that was sent to the agent.
  mutating func recordCancelRequest(_ id: String, of uuid: String, at now: Double) {
    change(id, of: uuid) { command in
      command.cancelRequests += 1
      command.dueAt = now + Self.retryDelay(afterAttempts: command.cancelRequests)
    }
  }

  /// Records that a command was published.
  mutating func recordSent(_ id: String, of uuid: String) {
    change(id, of: uuid) { command in
      command.isUncertain = false
      command.dueAt = command.lastSentAt + Self.retryDelay(afterAttempts: command.attempts)
      command.isDueByTimeout = true
    }
  }

  /// Postpones all steps for the agent until `until` after a failed step, so that later commands do not overtake. A failed send is
  /// repeated then, as the record may already say that it was sent.
  mutating func hold(_ uuid: String, after step: Step, until: Double) {
    agents[uuid, default: Agent()].heldUntil = until
    guard case .send(let id) = step else { return }
    change(id, of: uuid) { command in
      command.isUncertain = true
      command.dueAt = -.infinity
      command.isDueByTimeout = false
    }
  }

  private mutating func change(_ id: String, of uuid: String, _ body: (inout Command) -> Void) {
    guard let index = agents[uuid]?.commands.firstIndex(where: { $0.id == id }) else { return }
    body(&agents[uuid, default: Agent()].commands[index])
  }
}

extension Array {
  /// The first index from which on all elements satisfy the predicate.
  fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

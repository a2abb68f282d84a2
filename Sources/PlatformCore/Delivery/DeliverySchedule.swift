import PlatformAPI

/// What is to be done about the commands that have no result yet, and when: a pure value without clock and I/O.
///
/// The commands of one agent are queued to one after another in the order of their submission, also when they go out again.
/// All times are unix seconds.
struct DeliverySchedule: Sendable {
  /// What is to be done about a command.
  enum Step: Sendable, Hashable {
    /// Send it to the agent, for the first time or again.
    case send(String)
    /// Have the agent end it; it must not go out again.
    case requestCancel(String)
    /// It was never sent, and its time is up.
    case expire(String)
    /// It was sent, and there is no hope of an answer.
    case markUnknown(String)
    /// It was never sent, and somebody wants it back.
    case cancelUnsent(String)

    /// The command.
    var id: String {
      switch self {
      case .send(let id), .requestCancel(let id), .expire(let id), .markUnknown(let id), .cancelUnsent(let id): id
      }
    }
  }

  /// A command without a result.
  struct Command: Sendable, Hashable {
    let id: String
    /// Its place among all commands.
    let order: UInt64
    var isSent: Bool
    var attempts: Int
    var lastSentAt: Double
    let expiresAt: Int64
    var isCancelled: Bool
    /// How often the agent was asked to end it.
    var cancelRequests = 0
    /// When it goes out again, if it was sent.
    var dueAt: Double
    /// Whether ``dueAt`` is so only because there was no answer for a while: it may be running.
    var isDueByTimeout = true
    /// Whether it may be noted as sent without having reached the agent: then later ones wait for it to go out again.
    var isUncertain = false
  }

  private struct Agent {
    /// When it last gave a sign of life.
    var lastSeen = -Double.infinity
    /// Nothing goes out before.
    var heldUntil = -Double.infinity
    /// Whether it runs no command twice.
    var keepsJournal = false
    /// By ``Command/order``.
    var commands: [Command] = []
  }

  /// How long after the last time a command is sent again that got no answer, in seconds: 15 s, doubled each time up to 5 min. To an agent without
  /// a journal it is not: it would run the command twice.
  static func retryDelay(afterAttempts attempts: Int) -> Double {
    min(300, 15 * Double(1 << min(5, max(0, attempts - 1))))
  }
  /// After so many times an announcement has a command sent again no earlier than the first pause.
  static let promptAttempts = 4
  /// A command that went out so shortly before an announcement may have met the old connection or the new one, in seconds.
  static let reconnectWindow: Double = 1

  private let aliveWithin: Double
  private var agents: [String: Agent] = [:]

  /// - Parameter aliveWithin: for how long after a sign of life an agent counts as reachable, in seconds.
  init(aliveWithin: Double) {
    self.aliveWithin = aliveWithin
  }

  /// How many commands have no result yet.
  var count: Int { agents.values.reduce(0) { $0 + $1.commands.count } }

  // MARK: What is observed

  /// A command is there, or went on.
  ///
  /// - Parameter revision: of its record; its place where it has no other.
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
      // An earlier time that was decided meanwhile holds, unless it went out since.
      let isAsBefore = known.attempts == command.attempts && known.isSent == command.isSent
      if isAsBefore || known.isUncertain {
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

  /// A command has ended, or is gone.
  mutating func remove(_ id: String, of uuid: String) {
    agents[uuid]?.commands.removeAll { $0.id == id }
  }

  /// Whether the agent keeps a journal is known.
  mutating func setKeepsJournal(of uuid: String, isKept: Bool) {
    agents[uuid, default: Agent()].keepsJournal = isKept
  }

  /// The agent gave a sign of life.
  mutating func recordHeartbeat(of uuid: String, at time: Double) {
    let wasReachable = isReachable(uuid, at: time)
    agents[uuid, default: Agent()].lastSeen = max(time, agents[uuid]?.lastSeen ?? time)
    // What was sent into its silence did not reach it, or only now: without a journal it would run twice.
    if !wasReachable, agents[uuid]?.keepsJournal == true { makeAllDue(of: uuid, at: time) }
  }

  /// The agent announced itself: what it had been sent before may not have reached it.
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
      // An agent that announces itself again and again is not sent as much.
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

  /// This instance delivers from now on: what another one may have noted as sent without having sent it goes out again.
  mutating func takeOver(at now: Double) {
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

  // MARK: What is to be done

  /// Whether the agent can be expected to receive what is sent to it.
  func isReachable(_ uuid: String, at now: Double) -> Bool {
    agents[uuid].map { now - $0.lastSeen <= aliveWithin } ?? false
  }

  /// The agents with something to be done.
  func due(at now: Double) -> [String] {
    agents.keys.filter { next(for: $0, at: now) != nil }
  }

  /// What is to be done next for an agent; nil = nothing now.
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

  // MARK: What was done

  /// The agent was asked to end a command.
  mutating func recordCancelRequest(_ id: String, of uuid: String, at now: Double) {
    change(id, of: uuid) { command in
      command.cancelRequests += 1
      command.dueAt = now + Self.retryDelay(afterAttempts: command.cancelRequests)
    }
  }

  /// A command went out, as its record says.
  mutating func recordSent(_ id: String, of uuid: String) {
    change(id, of: uuid) { command in
      command.isUncertain = false
      command.dueAt = command.lastSentAt + Self.retryDelay(afterAttempts: command.attempts)
      command.isDueByTimeout = true
    }
  }

  /// A step could not be done: nothing more is done for the agent before `until`, or later commands would overtake. What was to
  /// be sent goes out then, as its record may say already that it did.
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
  /// The first index whose element, and all after it, fulfil a condition.
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

/// A run over many agents as a state machine: the canaries first, then batch after batch, each when all of the one before have
/// ended; no further one once a canary or so many agents have failed.
struct Rollout: Sendable {
  /// How it goes about it.
  struct Plan: Sendable, Hashable {
    /// How many agents go first, alone. All of them must succeed.
    var canary: Int
    /// How many after that at a time.
    var batch: BatchSize
    /// With so many failures it stops.
    var maxFailures: Int
  }

  /// Where it is.
  enum Phase: Sendable, Hashable {
    /// The canaries run.
    case canary
    /// A batch runs, counted from 1.
    case batch(Int)
    /// It has stopped, or stops when those that run have ended.
    case stopped
    /// All have ended.
    case finished
  }

  /// How many agents there are.
  let total: Int
  private let plan: Plan
  private let batchSize: Int
  private var waiting: ArraySlice<String>
  /// Those that run now.
  private(set) var running: Set<String> = []
  /// Those that succeeded, in the order of their ends.
  private(set) var succeeded: [String] = []
  /// Those that did not.
  private(set) var failed: [String] = []
  private(set) var phase: Phase

  /// A run.
  ///
  /// - Parameter agents: in the order in which they are to be worked on, each once.
  init(_ agents: [String], _ plan: Plan) {
    self.plan = plan
    total = agents.count
    batchSize = plan.batch.count(of: agents.count)
    waiting = agents[...]
    phase = agents.isEmpty ? .finished : plan.canary > 0 ? .canary : .batch(0)
  }

  /// Those that were not begun.
  var notStarted: [String] { Array(waiting) }

  /// How many batches follow the canaries.
  var batches: Int {
    let rest = max(0, total - plan.canary)
    return (rest + batchSize - 1) / batchSize
  }

  /// Whether nothing runs and nothing will.
  var isOver: Bool { running.isEmpty && (phase == .finished || phase == .stopped) }

  /// The agents to begin with now: none while others run, or when it is over.
  mutating func next() -> [String] {
    guard running.isEmpty, phase != .stopped, phase != .finished else { return [] }
    guard !waiting.isEmpty else {
      phase = .finished
      return []
    }
    let isFirst = succeeded.isEmpty && failed.isEmpty
    let count: Int
    if phase == .canary, isFirst {
      count = plan.canary
    } else {
      if case .batch(let number) = phase { phase = .batch(number + 1) } else { phase = .batch(1) }
      count = batchSize
    }
    let agents = Array(waiting.prefix(count))
    waiting = waiting.dropFirst(count)
    running = Set(agents)
    return agents
  }

  /// One that ran has ended.
  mutating func ended(_ agent: String, hasSucceeded: Bool) {
    guard running.remove(agent) != nil else { return }
    if hasSucceeded {
      succeeded.append(agent)
    } else {
      failed.append(agent)
      if phase == .canary || failed.count >= plan.maxFailures { phase = .stopped }
    }
    if running.isEmpty, phase == .stopped, waiting.isEmpty { phase = .finished }
  }
}

import Encoding

/// State machine of a rollout over many agents: first the canaries, then batch by batch. A batch starts when all agents of the
/// previous one have finished. The rollout stops when a canary fails or the failure limit is reached. No I/O.
struct Rollout: Sendable {
  /// The parameters of a rollout.
  struct Plan: Sendable, Hashable {
    /// The number of canaries. All of them must succeed.
    var canary: Int
    /// The size of the batches after the canaries.
    var batch: BatchSize
    /// The number of failures that stops the rollout.
    var maxFailures: Int
  }

  /// The progress of a rollout.
  enum Phase: Sendable, Hashable {
    /// The canaries are running.
    case canary
    /// A batch is running, counted from 1.
    case batch(Int)
    /// No further batch starts; agents may still be running.
    case stopped
    /// All agents have finished.
    case finished
  }

  /// The number of agents.
  let total: Int
  private let plan: Plan
  private let batchSize: Int
  private var waiting: ArraySlice<String>
  /// The agents that are running.
  private(set) var running: Set<ExactString> = []
  /// The agents that succeeded, in the order of completion.
  private(set) var succeeded: [String] = []
  /// The agents that failed, in the order of completion.
  private(set) var failed: [String] = []
  private(set) var phase: Phase

  /// Creates a rollout.
  ///
  /// - Parameter agents: The uuids in order of execution, without duplicates.
  init(_ agents: [String], _ plan: Plan) {
    self.plan = plan
    total = agents.count
    batchSize = plan.batch.count(of: agents.count)
    waiting = agents[...]
    phase = agents.isEmpty ? .finished : plan.canary > 0 ? .canary : .batch(0)
  }

  /// The agents that were not started.
  var notStarted: [String] { Array(waiting) }

  /// The number of batches after the canaries.
  var batches: Int {
    let rest = max(0, total - plan.canary)
    return (rest + batchSize - 1) / batchSize
  }

  /// Whether no agent is running and none will be started.
  var isOver: Bool { running.isEmpty && (phase == .finished || phase == .stopped) }

  /// Starts the next batch and returns its agents; empty while a batch is running, or when the rollout is over.
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
    running = Set(agents.map { ExactString($0) })
    return agents
  }

  /// Records that a running agent has finished.
  mutating func ended(_ agent: String, hasSucceeded: Bool) {
    guard running.remove(ExactString(agent)) != nil else { return }
    if hasSucceeded {
      succeeded.append(agent)
    } else {
      failed.append(agent)
      if phase == .canary || failed.count >= plan.maxFailures { phase = .stopped }
    }
    if running.isEmpty, phase == .stopped, waiting.isEmpty { phase = .finished }
  }
}

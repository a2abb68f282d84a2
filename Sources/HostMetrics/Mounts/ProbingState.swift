/// Who asks which mount: the prober's bookkeeping, without threads or system calls.
struct ProbingState {
  /// Targets that one caller wants asked.
  struct Batch {
    var id: UInt64
    var targets: [ProbeTarget]
    var results: [ProbeResult]
    var next = 0
    var deadline: MonotonicTime
    var continuation: CheckedContinuation<[ProbeResult], Never>
  }

  /// A question that has been put and not been answered.
  struct Question {
    var batch: UInt64
    var index: Int
    var key: ProbeTarget.Key
    var since: MonotonicTime
  }

  /// Batches that are complete: to be resumed once the lock is free.
  typealias Finished = [Batch]

  enum Step {
    case ask(ProbeTarget)
    case sleep
    case exit
  }

  /// Threads that may hang in mounts that are only watched; the others stay free for disks.
  static let maximumWatchedStalls = MountProber.maximumThreads / 2

  private(set) var batches: [Batch] = []
  private(set) var stuck: [UInt64: Question] = [:]
  private(set) var activeWorker: UInt64?
  private(set) var isShutDown = false
  private var question: Question?
  private var lastBatch: UInt64 = 0
  private var lastWorker: UInt64 = 0

  var threadCount: Int { stuck.count + (activeWorker == nil ? 0 : 1) }

  mutating func newBatchID() -> UInt64 {
    lastBatch &+= 1
    return lastBatch
  }

  /// Takes a new batch. `worker` is set where a thread has to be started for it.
  mutating func submit(_ batch: Batch) -> (worker: UInt64?, finished: Finished) {
    batches.append(batch)
    return activeWorker == nil ? newWorker() : (nil, [])
  }

  /// Notes the answer that a worker has and says what it does next.
  mutating func advance(_ worker: UInt64, answer: ProbeResult?) -> (step: Step, finished: Finished) {
    if worker == activeWorker {
      if let question, let answer { record(answer, for: question) }
      question = nil
    } else {
      // It had been given up: the mount answers again.
      stuck[worker] = nil
      if activeWorker == nil { activeWorker = worker }
    }
    guard worker == activeWorker, !isShutDown else {
      if worker == activeWorker { activeWorker = nil }
      return (.exit, [])
    }
    var finished: Finished = []
    while !batches.isEmpty {
      if let target = nextTarget() { return (.ask(target), finished) }
      finished.append(batches.removeFirst())
    }
    return (.sleep, finished)
  }

  /// Gives up the question that has been waiting since before `limit`. `worker` is set where another thread
  /// has to be started for the rest.
  mutating func giveUp(waitingSince limit: MonotonicTime) -> (worker: UInt64?, finished: Finished) {
    guard let question, let worker = activeWorker, question.since <= limit else { return (nil, []) }
    record(.stalled(since: question.since), for: question)
    stuck[worker] = question
    self.question = nil
    activeWorker = nil
    return batches.isEmpty ? (nil, []) : newWorker()
  }

  /// Ends a batch with what it has; the worker may still be busy with one of its targets.
  mutating func expire(_ id: UInt64) -> Batch? {
    guard let index = batches.firstIndex(where: { $0.id == id }) else { return nil }
    return batches.remove(at: index)
  }

  /// Ends all batches whose time is up.
  mutating func expire(at now: MonotonicTime) -> Finished {
    let expired = batches.filter { $0.deadline <= now }
    batches.removeAll { $0.deadline <= now }
    return expired
  }

  /// A thread could not be started: what waits for it ends unasked.
  mutating func workerFailed(_ worker: UInt64) -> Finished {
    guard worker == activeWorker else { return [] }
    activeWorker = nil
    return abandonBatches()
  }

  mutating func shutDown() -> Finished {
    isShutDown = true
    return abandonBatches()
  }

  private mutating func newWorker() -> (worker: UInt64?, finished: Finished) {
    guard stuck.count < MountProber.maximumThreads, !isShutDown else { return (nil, abandonBatches()) }
    lastWorker &+= 1
    activeWorker = lastWorker
    return (lastWorker, [])
  }

  /// Ends all batches; known stalls are still named in them.
  private mutating func abandonBatches() -> Finished {
    for index in batches.indices {
      while batches[index].next < batches[index].targets.count {
        let position = batches[index].next
        if let since = stall(of: batches[index].targets[position]) {
          batches[index].results[position] = .stalled(since: since)
        }
        batches[index].next += 1
      }
    }
    defer { batches.removeAll() }
    return batches
  }

  /// The first batch's next target that is worth a question.
  private mutating func nextTarget() -> ProbeTarget? {
    while batches[0].next < batches[0].targets.count {
      let position = batches[0].next
      batches[0].next += 1
      if !stuck.isEmpty {
        if let since = stall(of: batches[0].targets[position]) {
          batches[0].results[position] = .stalled(since: since)
          continue
        }
        if batches[0].targets[position].isWatchedOnly, stuck.count >= Self.maximumWatchedStalls {
          continue
        }
      }
      let target = batches[0].targets[position]
      question = Question(batch: batches[0].id, index: position, key: target.key, since: .now())
      return target
    }
    return nil
  }

  private func stall(of target: ProbeTarget) -> MonotonicTime? {
    stuck.isEmpty ? nil : stuck.values.first { $0.key == target.key }?.since
  }

  private mutating func record(_ result: ProbeResult, for question: Question) {
    guard let index = batches.firstIndex(where: { $0.id == question.batch }) else { return }
    batches[index].results[question.index] = result
  }
}

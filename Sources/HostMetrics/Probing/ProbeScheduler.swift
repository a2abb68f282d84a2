/// Assigns mounts to the threads of a prober. No threads and no system calls of its own.
package struct ProbeScheduler: Sendable {
  /// The targets of one caller.
  package struct Batch: Sendable {
    package let id: UInt64
    package let targets: [ProbeTarget]
    package fileprivate(set) var results: [ProbeResult]
    package let deadline: MonotonicTime
    fileprivate var next = 0

    package init(id: UInt64, targets: [ProbeTarget], deadline: MonotonicTime) {
      self.id = id
      self.targets = targets
      self.deadline = deadline
      results = Array(repeating: .notProbed, count: targets.count)
    }
  }

  /// A probe that has not returned.
  package struct Probe: Sendable {
    fileprivate var batch: UInt64
    fileprivate var index: Int
    fileprivate var key: ProbeTarget.Key
    package fileprivate(set) var since: MonotonicTime
  }

  /// Completed batches, whose results have to be delivered to their callers.
  package typealias Finished = [Batch]

  /// What a worker does next.
  package enum Step: Sendable {
    case probe(ProbeTarget)
    case sleep
    case exit
  }

  /// Maximum number of threads, blocked ones included.
  package static let maximumThreads = 4
  /// Maximum number of threads blocked in mounts that are only watched. The others are reserved for disks.
  package static let maximumWatchedStalls = maximumThreads / 2

  package private(set) var batches: [Batch] = []
  package private(set) var stalled: [UInt64: Probe] = [:]
  package private(set) var activeWorker: UInt64?
  package private(set) var isShutDown = false
  private var pending: Probe?
  private var lastBatch: UInt64 = 0
  private var lastWorker: UInt64 = 0

  package init() {}

  package var threadCount: Int { stalled.count + (activeWorker == nil ? 0 : 1) }

  package mutating func newBatchID() -> UInt64 {
    lastBatch &+= 1
    return lastBatch
  }

  /// Adds a batch. `worker` is set if a thread has to be started.
  package mutating func submit(_ batch: Batch) -> (worker: UInt64?, finished: Finished) {
    batches.append(batch)
    return activeWorker == nil ? newWorker() : (nil, [])
  }

  /// Records the result of a worker and returns its next step.
  package mutating func advance(
    _ worker: UInt64, result: ProbeResult?, at now: MonotonicTime
  ) -> (step: Step, finished: Finished) {
    if worker == activeWorker {
      if let pending, let result { record(result, for: pending) }
      pending = nil
    } else {
      // The mount of a stalled probe has responded.
      stalled[worker] = nil
      if activeWorker == nil { activeWorker = worker }
    }
    guard worker == activeWorker, !isShutDown else {
      if worker == activeWorker { activeWorker = nil }
      return (.exit, [])
    }
    var finished: Finished = []
    while !batches.isEmpty {
      if let target = nextTarget(at: now) { return (.probe(target), finished) }
      finished.append(batches.removeFirst())
    }
    return (.sleep, finished)
  }

  /// Marks the pending probe as stalled if it started before `limit`. `worker` is set if another thread
  /// has to be started for the remaining targets.
  package mutating func markStalled(startedBefore limit: MonotonicTime) -> (
    worker: UInt64?, finished: Finished
  ) {
    guard let probe = pending, let worker = activeWorker, probe.since <= limit else { return (nil, []) }
    record(.stalled(since: probe.since), for: probe)
    stalled[worker] = probe
    pending = nil
    activeWorker = nil
    return batches.isEmpty ? (nil, []) : newWorker()
  }

  /// Removes a batch with its results so far. The worker may still be probing one of its targets.
  package mutating func expire(_ id: UInt64) -> Batch? {
    guard let index = batches.firstIndex(where: { $0.id == id }) else { return nil }
    return batches.remove(at: index)
  }

  /// Removes all batches past their deadline.
  package mutating func expire(at now: MonotonicTime) -> Finished {
    let expired = batches.filter { $0.deadline <= now }
    batches.removeAll { $0.deadline <= now }
    return expired
  }

  /// Handles a thread that could not be started. Its batches end without probes.
  package mutating func workerFailed(_ worker: UInt64) -> Finished {
    guard worker == activeWorker else { return [] }
    activeWorker = nil
    return abandonBatches()
  }

  package mutating func shutDown() -> Finished {
    isShutDown = true
    return abandonBatches()
  }

  private mutating func newWorker() -> (worker: UInt64?, finished: Finished) {
    guard stalled.count < Self.maximumThreads, !isShutDown else { return (nil, abandonBatches()) }
    lastWorker &+= 1
    activeWorker = lastWorker
    return (lastWorker, [])
  }

  /// Removes all batches, with the known stalls among their results.
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

  /// The next target of the first batch that has to be probed.
  private mutating func nextTarget(at now: MonotonicTime) -> ProbeTarget? {
    while batches[0].next < batches[0].targets.count {
      let position = batches[0].next
      batches[0].next += 1
      if !stalled.isEmpty {
        if let since = stall(of: batches[0].targets[position]) {
          batches[0].results[position] = .stalled(since: since)
          continue
        }
        if batches[0].targets[position].isWatchedOnly, stalled.count >= Self.maximumWatchedStalls {
          continue
        }
      }
      let target = batches[0].targets[position]
      pending = Probe(batch: batches[0].id, index: position, key: target.key, since: now)
      return target
    }
    return nil
  }

  private func stall(of target: ProbeTarget) -> MonotonicTime? {
    stalled.isEmpty ? nil : stalled.values.first { $0.key == target.key }?.since
  }

  private mutating func record(_ result: ProbeResult, for probe: Probe) {
    guard let index = batches.firstIndex(where: { $0.id == probe.batch }) else { return }
    batches[index].results[probe.index] = result
  }
}

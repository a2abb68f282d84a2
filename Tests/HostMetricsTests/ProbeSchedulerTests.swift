import Testing

@testable import HostMetrics

@Suite struct ProbeSchedulerTests {
  private func target(_ id: UInt64, isWatchedOnly: Bool = false) throws -> ProbeTarget {
    let entry = try #require(scanning("\(id) 0 0:5 / /m\(id) rw - ext4 /dev/x rw") { MountEntry(&$0) })
    return ProbeTarget(entry, pathPrefix: "", isWatchedOnly: isWatchedOnly, mayBlockForever: false)
  }

  private func time(_ milliseconds: UInt64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  private static let healthy = ProbeResult.responded(
    .init(totalBytes: 10, freeBytes: 5, availableBytes: 5))

  /// The mount that a worker has to probe next; nil if it sleeps or exits.
  private func next(
    _ scheduler: inout ProbeScheduler, _ worker: UInt64, _ result: ProbeResult?, at now: MonotonicTime
  ) -> (mount: UInt64?, finished: ProbeScheduler.Finished) {
    let (step, finished) = scheduler.advance(worker, result: result, at: now)
    guard case .probe(let target) = step else { return (nil, finished) }
    return (target.key.id, finished)
  }

  @Test func stalledMountIsReportedAndNotProbedAgain() throws {
    var scheduler = ProbeScheduler()
    let targets = [try target(1), try target(2)]
    let first = ProbeScheduler.Batch(
      id: scheduler.newBatchID(), targets: targets, deadline: time(250))
    let worker = try #require(scheduler.submit(first).worker)
    #expect(next(&scheduler, worker, nil, at: time(0)).mount == 1)
    let other = try #require(scheduler.markStalled(startedBefore: time(100)).worker)
    #expect(scheduler.threadCount == 2)
    #expect(next(&scheduler, other, nil, at: time(100)).mount == 2)
    let finished = next(&scheduler, other, Self.healthy, at: time(101)).finished
    #expect(finished.map(\.results) == [[.stalled(since: time(0)), Self.healthy]])

    let second = ProbeScheduler.Batch(
      id: scheduler.newBatchID(), targets: targets, deadline: time(600))
    #expect(scheduler.submit(second).worker == nil, "the other worker takes it")
    #expect(next(&scheduler, other, nil, at: time(300)).mount == 2)
    // The stalled probe returns: its worker is not needed any more.
    #expect(next(&scheduler, worker, Self.healthy, at: time(310)).mount == nil)
    #expect(scheduler.stalled.isEmpty)
    #expect(scheduler.threadCount == 1)
  }

  @Test func expiredBatchKeepsItsResults() throws {
    var scheduler = ProbeScheduler()
    let batch = ProbeScheduler.Batch(
      id: scheduler.newBatchID(), targets: [try target(1), try target(2)], deadline: time(250))
    let worker = try #require(scheduler.submit(batch).worker)
    #expect(next(&scheduler, worker, nil, at: time(0)).mount == 1)
    #expect(next(&scheduler, worker, Self.healthy, at: time(10)).mount == 2)
    #expect(scheduler.expire(at: time(249)).isEmpty)
    #expect(scheduler.expire(at: time(250)).map(\.results) == [[Self.healthy, .notProbed]])
    #expect(scheduler.batches.isEmpty)
  }

  @Test func threadThatCannotBeStartedLeavesItsBatchUnprobed() throws {
    var scheduler = ProbeScheduler()
    let batch = ProbeScheduler.Batch(
      id: scheduler.newBatchID(), targets: [try target(1)], deadline: time(250))
    let worker = try #require(scheduler.submit(batch).worker)
    #expect(scheduler.workerFailed(worker).map(\.results) == [[.notProbed]])
    #expect(scheduler.threadCount == 0)
  }
}

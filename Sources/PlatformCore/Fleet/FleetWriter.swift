import Clocks
import JetStream
import Locks
import Logging

/// Writes the folded states to the bucket in one batch a second, instead of one write a message.
///
/// Events that a leader folded and did not write are folded again by the next leader, which reads on from the checkpoint in
/// the same bucket.
final class FleetWriter: Sendable {
  static let checkpointKey = "checkpoint.events"
  private static let interval = Duration.seconds(1)
  /// The maximum number of concurrent writes.
  private static let concurrency = 64

  let fold: Locked<FleetFold>
  private let fleet: Fleet
  private let pause: Double
  private let results: InFlightResults
  private let health: InstanceHealth
  private let logger: Logger
  /// The last event that a new leader does not have to read again.
  let checkpoint: StreamCheckpoint

  /// Creates a writer that continues from the cached states.
  ///
  /// - Parameters:
  ///   - pause: The interval in seconds at which figures that change with every event are written for an agent.
  ///   - results: The results that are still being processed; the checkpoint stays before them.
  init(fleet: Fleet, pause: Double, results: InFlightResults, health: InstanceHealth, logger: Logger) {
    self.health = health
    self.fleet = fleet
    self.pause = pause
    self.results = results
    self.logger = logger
    checkpoint = StreamCheckpoint(Self.checkpointKey, in: fleet.bucket, logger: logger)
    fold = Locked(FleetFold(states: fleet.states()))
  }

  /// Writes until the task is cancelled.
  func run() async {
    fleet.setRemovalObserver { uuid in self.fold.withLock { $0.remove(uuid) } }
    defer { fleet.setRemovalObserver(nil) }
    while !Task.isCancelled {
      await flush()
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: Self.interval)
    }
  }

  private func flush() async {
    let changes = fold.withLock { $0.takeChanges(at: WallClock.now, pause: pause) }
    guard changes.sequence > 0 else { return }
    let failed = Locked<[String]>([])
    let unannounced = Locked<[String: [UInt8]]>([:])
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      func start(_ work: @escaping @Sendable () async -> Void) async {
        if running >= Self.concurrency { await group.next() } else { running += 1 }
        group.addTask { await work() }
      }
      for (uuid, payload) in changes.announcements {
        await start {
          if await !self.announce(payload, of: uuid) { unannounced.withLock { $0[uuid] = payload } }
        }
      }
      for state in changes.states {
        await start { if await !self.write(state) { failed.withLock { $0.append(state.uuid) } } }
      }
    }
    let missing = failed.withLock { $0 }
    let missingAnnouncements = unannounced.withLock { $0 }
    guard missing.isEmpty, missingAnnouncements.isEmpty else {
      fold.withLock { $0.restore(missing, announcements: missingAnnouncements) }
      return
    }
    await checkpoint.write(results.checkpoint(upTo: changes.sequence))
  }

  private func announce(_ payload: [UInt8], of uuid: String) async -> Bool {
    // The capabilities of a removed agent must not become those of an agent enrolled later with the same uuid.
    guard fleet.isEnrolled(uuid) else { return true }
    do {
      try await fleet.bucket.put("\(uuid).capabilities", payload)
      return true
    } catch {
      logger.debug("capabilities not written", metadata: ["agent": "\(uuid)", "reason": "\(error)"])
      return false
    }
  }

  private func write(_ state: AgentState) async -> Bool {
    do throws(JetStreamError) {
      let revision = try await fleet.bucket.update(
        state.uuid, state.encoded, revision: fleet.revision(state.uuid))
      fleet.update(state, revision: revision)
      return true
    } catch  where error.code == .wrongLastSequence {
      return await resolveConflict(state)
    } catch {
      health.suspectStore()
      logger.debug("a state was not written", metadata: ["agent": "\(state.uuid)", "reason": "\(error)"])
      return false
    }
  }

  /// Keeps the newer state after another leader wrote the record.
  private func resolveConflict(_ state: AgentState) async -> Bool {
    do throws(JetStreamError) {
      if let entry = try await fleet.bucket.get(state.uuid, fromLeader: true),
        let other = AgentState(decoding: entry.value)
      {
        fleet.update(other, revision: entry.revision)
        fold.withLock { $0.adopt(other) }
        if other.eventAt >= state.eventAt { return true }
        let revision = try await fleet.bucket.update(state.uuid, state.encoded, revision: entry.revision)
        fleet.update(state, revision: revision)
      } else if !fleet.isEnrolled(state.uuid) {
        // The agent was removed meanwhile.
        fold.withLock { $0.remove(state.uuid) }
      } else {
        let revision = try await fleet.bucket.create(state.uuid, state.encoded)
        fleet.update(state, revision: revision)
      }
      return true
    } catch {
      logger.debug("a state was not written", metadata: ["agent": "\(state.uuid)", "reason": "\(error)"])
      return false
    }
  }
}

import AgentProtocol
import JSON
import Locks
import Testing

@testable import AgentCore

/// An uplink in memory that records messages, and can disconnect or deny subjects.
final class FakeUplink: Uplink {
  struct Sent: Sendable {
    var subject: String
    var connectionID: UInt64
    var envelope: Envelope

    var payload: JSONObject? { (try? JSONReader.parse(envelope.payload))?.objectValue }
  }

  private struct State {
    var connectionID: UInt64?
    var lastConnectionID: UInt64 = 0
    var sent: [Sent] = []
    var refused: Set<String> = []
    var losesConfirmations = false
    var refusals: [UplinkError] = []
    var isClosed = false
  }

  private let state = Locked(State())
  private let changes = Broadcast()
  let maximumPayload: Int

  init(connected: Bool = true, maximumPayload: Int = 1 << 20) {
    self.maximumPayload = maximumPayload
    if connected { connect() }
  }

  func connect() {
    change { state in
      state.lastConnectionID += 1
      state.connectionID = state.lastConnectionID
    }
  }

  func cut() {
    change { $0.connectionID = nil }
  }

  /// Makes later messages arrive without a confirmation: the connection is lost first.
  func loseConfirmations(_ loses: Bool) {
    change { $0.losesConfirmations = loses }
  }

  /// Makes the next publishes fail, one after another.
  func failNext(_ failures: UplinkError...) {
    change { $0.refusals += failures }
  }

  /// Waits until all requested failures have occurred.
  func waitUntilFailed() async {
    await changes.wait { state.withLock { $0.refusals.isEmpty } }
  }

  /// Waits for a condition that follows from a confirmation.
  func waitUntilConfirmed(_ holds: () -> Bool) async {
    let limit = ContinuousClock.now + .seconds(60)
    while !holds(), !Task.isCancelled, ContinuousClock.now < limit {
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  func refuse(_ subject: String) {
    change { _ = $0.refused.insert(subject) }
  }

  func close() {
    change { $0.isClosed = true }
  }

  var sent: [Sent] { state.withLock { $0.sent } }

  /// The published results, as soon as there are `count`.
  func results(_ count: Int) async -> [Sent] {
    await self.sent(count) { $0.envelope.type == "result" }
  }

  func sent(_ count: Int, where matches: @Sendable (Sent) -> Bool) async -> [Sent] {
    await changes.wait { state.withLock { $0.sent.filter(matches).count } >= count }
    let found = state.withLock { $0.sent.filter(matches) }
    if found.count < count { Issue.record("\(found.count) of \(count) messages came") }
    return found
  }

  var connectionID: UInt64? { state.withLock { $0.connectionID } }

  func nextConnection(after known: UInt64?) async -> UInt64? {
    await changes.wait {
      state.withLock { $0.isClosed || ($0.connectionID != nil && $0.connectionID != known) }
    }
    return state.withLock { $0.isClosed ? nil : $0.connectionID == known ? nil : $0.connectionID }
  }

  func publish(_ message: [UInt8], to subject: String) throws(UplinkError) {
    try take(message, subject, on: nil)
  }

  func flush(on connectionID: UInt64) async throws(UplinkError) {
    guard state.withLock({ $0.connectionID == connectionID && !$0.losesConfirmations }) else {
      throw .disconnected
    }
  }

  func publishAndFlush(_ message: [UInt8], to subject: String, on connectionID: UInt64?)
    async throws(UplinkError)
  {
    try take(message, subject, on: connectionID)
    if state.withLock({ $0.losesConfirmations }) {
      cut()
      throw .disconnected
    }
  }

  private func take(_ message: [UInt8], _ subject: String, on wanted: UInt64?) throws(UplinkError) {
    let envelope: Envelope
    do { envelope = try Envelope(parsing: message) } catch { throw .unsendable("\(error)") }
    let failure: UplinkError? = state.withLock { state in
      guard let connectionID = state.connectionID, wanted == nil || wanted == connectionID else {
        return .disconnected
      }
      guard !state.refused.contains(subject) else { return .notPermitted(subject: subject) }
      if !state.refusals.isEmpty { return state.refusals.removeFirst() }
      state.sent.append(Sent(subject: subject, connectionID: connectionID, envelope: envelope))
      return nil
    }
    if let failure {
      changes.signal()
      throw failure
    }
    changes.signal()
  }

  private func change(_ body: (inout sending State) -> Void) {
    state.withLock { body(&$0) }
    changes.signal()
  }
}

/// Notifies all tasks that wait for a condition of each change.
final class Broadcast: Sendable {
  private let waiters = Locked<[AsyncStream<Void>.Continuation]>([])

  func signal() {
    waiters.withLock { $0 }.forEach { $0.yield() }
  }

  /// Waits until the condition holds, the task is cancelled, or a minute has passed. Checks at every signal, and every
  /// few milliseconds for changes without a signal.
  func wait(until holds: () -> Bool) async {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    waiters.withLock { $0.append(continuation) }
    let limit = ContinuousClock.now + .seconds(60)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while ContinuousClock.now < limit, !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(5))
          continuation.yield()
        }
        continuation.finish()
      }
      if !holds() { for await _ in stream where holds() { break } }
      group.cancelAll()
    }
  }
}

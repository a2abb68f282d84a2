import Locks

@testable import AgentCore

/// A service whose end the test controls.
final class FakeUpdateUnit: UpdateUnit {
  let name = "fake-update.service"
  let changed = Broadcast()
  private let state = Locked(State())
  private let onStart: @Sendable (FakeUpdateUnit) async -> Void
  private let onStop: @Sendable (FakeUpdateUnit) -> Void

  private struct State {
    var isRunning = false
    var starts = 0
    var stops = 0
    var watchers = 0
    var watchProblems = 0
    var startProblem: UpdateUnitError?
  }

  init(
    isRunning: Bool = false, startProblem: UpdateUnitError? = nil, watchProblems: Int = 0,
    onStop: @escaping @Sendable (FakeUpdateUnit) -> Void = { _ in },
    onStart: @escaping @Sendable (FakeUpdateUnit) async -> Void = { _ in }
  ) {
    self.onStart = onStart
    self.onStop = onStop
    state.withLock { state in
      state.isRunning = isRunning
      state.startProblem = startProblem
      state.watchProblems = watchProblems
    }
  }

  var starts: Int { state.withLock { $0.starts } }
  var stops: Int { state.withLock { $0.stops } }
  var watchers: Int { state.withLock { $0.watchers } }

  func end() {
    state.withLock { $0.isRunning = false }
    changed.signal()
  }

  /// Runs even when its start reports an error.
  func begin() {
    state.withLock { $0.isRunning = true }
    changed.signal()
  }

  func waitUntilStarted() async {
    await changed.wait { state.withLock { $0.isRunning } }
  }

  func start(in folder: String) async throws(UpdateUnitError) {
    await onStart(self)
    if Task.isCancelled { throw UpdateUnitError(description: "cancelled", isOutcomeUnknown: true) }
    if let problem = state.withLock({ $0.startProblem }) { throw problem }
    state.withLock { state in
      state.isRunning = true
      state.starts += 1
    }
    changed.signal()
  }

  func isRunning() async throws(UpdateUnitError) -> Bool {
    state.withLock { $0.isRunning }
  }

  func waitForEnd() async throws(UpdateUnitError) {
    let isLost = state.withLock { state in
      state.watchProblems -= 1
      return state.watchProblems >= 0
    }
    if isLost { throw UpdateUnitError(description: "the bus went away") }
    state.withLock { $0.watchers += 1 }
    changed.signal()
    await changed.wait { state.withLock { !$0.isRunning } }
    if Task.isCancelled { throw UpdateUnitError(description: "cancelled") }
  }

  func requestStop() async throws(UpdateUnitError) {
    state.withLock { $0.stops += 1 }
    onStop(self)
  }
}

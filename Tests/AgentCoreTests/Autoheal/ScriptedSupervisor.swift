import Locks

@testable import AgentCore
@testable import HostControl

/// A systemd with scripted events that records the requests.
final class ScriptedSupervisor: UnitSupervisor {
  let requests = Recorder()
  private let events: AsyncStream<UnitEvent>
  private let source: AsyncStream<UnitEvent>.Continuation
  private let failures = Locked<[SystemdError]>([])
  private let failed = Locked<[String]>([])

  init(failed: [String] = []) {
    (events, source) = AsyncStream<UnitEvent>.makeStream()
    self.failed.withLock { $0 = failed }
  }

  func send(_ events: UnitEvent...) {
    for event in events { source.yield(event) }
  }

  /// Makes the next list fail.
  func failNextList(_ error: SystemdError) {
    failures.withLock { $0.append(error) }
  }

  func unitEvents() -> AsyncStream<UnitEvent> { events }

  func services() async throws(SystemdError) -> [ServiceUnit] {
    requests.add("list")
    if let failure = failures.withLock({ $0.popLast() }) { throw failure }
    return failed.withLock { $0 }.map { PolicyRig.service($0, "failed") }
  }

  func traits(of name: String) async throws(SystemdError) -> ServiceTraits {
    requests.add("traits \(name)")
    return PolicyRig.traits(name)
  }

  func resetFailed(_ name: String) async throws(SystemdError) {
    requests.add("reset \(name)")
  }

  func start(_ name: String) async throws(SystemdError) -> String {
    requests.add("start \(name)")
    guard name.hasPrefix("hanging-") else { return "done" }
    let (endless, continuation) = AsyncStream<Never>.makeStream()
    // Runs until the task is cancelled.
    for await _ in endless {}
    continuation.finish()
    throw SystemdError(.cancelled, "no task waits for it")
  }
}

import Clocks

/// Terminates programs that an earlier process of this program has started and could not terminate, because it was killed.
public enum LeftoverProcess {
  /// Terminates a program of this boot and its descendants: SIGTERM, and after 300 ms SIGKILL. That covers its session, its process
  /// group and all descendants. When the program itself has ended, it covers the members of its session and group that are in the
  /// control group of this process, and their descendants. Does nothing when none of them is running.
  ///
  /// Cancelling the task has no effect.
  public static func end(_ identity: ProcessIdentity) async {
    guard let root = root(for: identity, record: ProcessRecord.read(identity.pid)) else { return }
    await end(root, grace: .milliseconds(300))
  }

  /// The processes to terminate; nil when there are none.
  static func root(for identity: ProcessIdentity, record: ProcessRecord?) -> ProcessTree.Root? {
    // While a session or a group has members, the kernel reuses its number for no other process.
    if let record {
      guard record.startTicks == identity.startTicks else { return nil }
      return .program(identity.pid, startedAt: identity.startTicks)
    }
    // Without members, the number may have been that of another process, whose session or group has survived it too.
    return ControlGroups.own().map {
      .remains(of: identity.pid, startedAt: identity.startTicks, controlGroups: $0)
    }
  }

  /// Runs in a task of its own, which is not cancelled with the caller's, and not on the caller's thread, which reading the
  /// process table would block.
  static func end(_ root: ProcessTree.Root, grace: Duration) async {
    await Task { _ = await TreeTermination.end(root, grace: grace) }.value
  }
}

extension TreeTermination {
  /// Terminates all processes of `root`. Cancelling the task has no effect.
  ///
  /// - Returns: Whether any of them was running.
  @discardableResult
  static func end(_ root: ProcessTree.Root, grace: Duration) async -> Bool {
    var termination = TreeTermination(
      of: root, grace: grace, now: MonotonicClock.now(), adopting: { _ in false })
    let wasRunning = termination != nil
    while let next = termination?.advance(now: MonotonicClock.now(), adopting: { _ in false }) {
      await pause(until: next)
    }
    return wasRunning
  }

  private static func pause(until time: UInt64) async {
    let now = MonotonicClock.now()
    guard time > now else { return }
    // An unstructured task is not cancelled with this one.
    await Task { do { try await Task.sleep(for: .nanoseconds(time &- now)) } catch {} }.value
  }
}

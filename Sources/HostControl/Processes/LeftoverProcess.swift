/// Ending what an earlier process of this program has started and could not end itself, because it was killed.
public enum LeftoverProcess {
  /// Ends a program of this boot and what it has started: SIGTERM, and after 300 ms SIGKILL. That covers its session,
  /// its process group and all descendants; when the program itself has ended, those of its session and group that are
  /// left in the control group of this process, and their descendants. Does nothing when none of it lives any more.
  ///
  /// Does its work also when the surrounding task is cancelled.
  public static func end(_ identity: ProcessIdentity) async {
    guard let root = root(for: identity, record: ProcessRecord.read(identity.pid)) else { return }
    await end(root, grace: .milliseconds(300))
  }

  /// What is to be ended; nil when there is nothing.
  static func root(for identity: ProcessIdentity, record: ProcessRecord?) -> ProcessTree.Root? {
    // While one of a session or group is left, the kernel gives its number to no other process.
    if let record {
      guard record.startTicks == identity.startTicks else { return nil }
      return .program(identity.pid, startedAt: identity.startTicks)
    }
    // When none was left, the number may have been another's since, whose session or group outlives it too.
    return ControlGroups.own().map {
      .remains(of: identity.pid, startedAt: identity.startTicks, controlGroups: $0)
    }
  }

  /// In a task of its own: not cancelled with the caller's, and not on its thread, which may be one that must not be held up for
  /// as long as it takes to look through the process table.
  static func end(_ root: ProcessTree.Root, grace: Duration) async {
    await Task { _ = await TreeTermination.end(root, grace: grace) }.value
  }
}

extension TreeTermination {
  /// Ends all that came from `root`. Not cut short by a cancelled task.
  ///
  /// - Returns: Whether any of it lived.
  @discardableResult
  static func end(_ root: ProcessTree.Root, grace: Duration) async -> Bool {
    var termination = TreeTermination(
      of: root, grace: grace, now: MonotonicClock.now(), adopting: { _ in false })
    let anyLived = termination != nil
    while let next = termination?.advance(now: MonotonicClock.now(), adopting: { _ in false }) {
      await pause(until: next)
    }
    return anyLived
  }

  private static func pause(until time: UInt64) async {
    let now = MonotonicClock.now()
    guard time > now else { return }
    // A task of its own is not cancelled with this one.
    await Task { do { try await Task.sleep(for: .nanoseconds(time &- now)) } catch {} }.value
  }
}

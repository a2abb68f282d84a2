/// Makes this process the parent of orphaned descendants, so that they can be terminated and reaped.
public enum ChildSubreaper {
  /// Makes this process a child subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)): descendants whose parents have ended become children
  /// of this process instead of PID 1.
  ///
  /// An executable calls this once at its start. From then on
  /// - cancelling a run also terminates descendants that have forked twice and created sessions of their own, if they certainly
  ///   belong to that run: they started after it, no other run was active since, and no earlier run left their session behind;
  /// - orphans are reaped when they end. Children that other code starts in the session of this process are left for that code
  ///   to reap.
  ///
  /// Installs a handler for SIGCHLD, which must not be replaced.
  ///
  /// - Throws: `ProcessError` when the kernel refuses or no thread can be started.
  public static func enable() throws(ProcessError) {
    try ProcessEngine.shared.adoptOrphans()
  }
}

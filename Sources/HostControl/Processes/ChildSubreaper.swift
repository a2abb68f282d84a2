/// Making the agent the parent of orphans: what a program starts and then disowns stays within reach.
public enum ChildSubreaper {
  /// Makes this process a child subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)): a process whose parent
  /// ends becomes a child of this process instead of a child of PID 1.
  ///
  /// An executable calls this once at its start. From then on
  /// - cancelling a run also ends descendants that forked twice and made a session of their own, where
  ///   it is certain that they came from that run: they began after it, no other run was active since,
  ///   and no earlier run left their session behind;
  /// - orphans are reaped when they end, so that none stays as a zombie. A child that other code of
  ///   this process starts in this process's own session is left for that code to wait for.
  ///
  /// It installs a handler for SIGCHLD, which must stay.
  ///
  /// - Throws: `ProcessError` when the kernel refuses or no thread can be started.
  public static func enable() throws(ProcessError) {
    try ProcessEngine.shared.adoptOrphans()
  }
}

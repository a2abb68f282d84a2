/// When the client tries again after a connection was lost or could not be made.
///
/// The first attempt after a loss comes at once. Then each server has a pause of its own, which doubles with
/// every failure of that server; the pause that is taken is random between zero and that value ("full
/// jitter"), so that a fleet does not come back in step (ADR-40).
public struct NATSReconnectPolicy: Sendable, Hashable {
  /// The upper bound of the pause after the first failure.
  public var initialDelay: Duration
  /// The upper bound that the doubling never passes.
  public var maxDelay: Duration
  /// How many attempts may fail within one outage before ``NATSClient/run()`` throws
  /// ``NATSError/Code/reconnectsExhausted``; -1 means for ever.
  public var maxReconnects: Int

  /// Makes a policy.
  public init(
    initialDelay: Duration = .milliseconds(100),
    maxDelay: Duration = .seconds(5),
    maxReconnects: Int = -1
  ) {
    self.initialDelay = initialDelay
    self.maxDelay = maxDelay
    self.maxReconnects = maxReconnects
  }
}

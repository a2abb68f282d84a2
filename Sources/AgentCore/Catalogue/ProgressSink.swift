import AgentProtocol

/// Takes what a running command writes, for those who watch it.
///
/// Nothing depends on it: what cannot be sent at the moment is lost, and stands in the result all the same.
protocol ProgressSink: Sendable {
  /// Takes some bytes. Never waits for anything, so any thread may call it.
  func write(_ stream: ProgressStream, _ bytes: [UInt8])
}

import AgentProtocol

/// Receives the output of a running command for live progress messages.
///
/// Progress is best effort. Output that cannot be sent at once is dropped here, and is still part of the result.
protocol ProgressSink: Sendable {
  /// Accepts output. Never blocks, so any thread may call it.
  func write(_ stream: ProgressStream, _ bytes: [UInt8])
}

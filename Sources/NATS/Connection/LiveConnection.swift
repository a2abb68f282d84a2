import NIOCore

/// An established connection, as seen by the task that keeps the client connected.
struct LiveConnection: Sendable {
  let server: NATSServerAddress
  let since: NIODeadline
  let channel: any Channel
  let handler: NIOLoopBoundBox<ConnectionHandler?>
  let signals: AsyncStream<ConnectionSignal>

  /// Waits for the next signal of the connection.
  ///
  /// - Returns: nil if the task was cancelled.
  func nextSignal() async -> ConnectionSignal? {
    for await signal in signals { return signal }
    return nil
  }

  /// Writes the pending bytes, closes the connection, and waits until the channel is closed.
  func finish() async {
    channel.eventLoop.execute { [handler] in handler.value?.finish(grace: .seconds(1)) }
    do {
      try await channel.closeFuture.get()
    } catch {
      // The client is closing: the reason is of no use any more.
    }
  }
}

/// A signal of a connection to the task that keeps the client connected.
enum ConnectionSignal: Sendable {
  /// The server is about to shut down (lame duck mode).
  case lameDuck
  /// The connection has ended. Without an error, the client closed it or the server closed it without giving a reason.
  case ended(NATSError?)
}

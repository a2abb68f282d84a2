import NIOCore

/// A connection in use, as the task that keeps the client connected sees it.
struct LiveConnection: Sendable {
  let server: NATSServerAddress
  let since: NIODeadline
  let channel: any Channel
  let handler: NIOLoopBoundBox<ConnectionHandler?>
  let signals: AsyncStream<ConnectionSignal>

  /// What happens to it next; nil if the task was cancelled.
  func nextSignal() async -> ConnectionSignal? {
    for await signal in signals { return signal }
    return nil
  }

  /// Lets it write what has gathered, and waits until it is closed.
  func finish() async {
    channel.eventLoop.execute { [handler] in handler.value?.finish(grace: .seconds(1)) }
    do {
      try await channel.closeFuture.get()
    } catch {
      // How it ended does not matter any more.
    }
  }
}

import NIOCore

/// A task executor that runs its jobs on the thread of an event loop.
final class EventLoopTaskExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

extension NATSClient {
  /// A task executor that runs on the event loop of this client's connection.
  ///
  /// Pass it to `withTaskExecutorPreference` for tasks that reply to messages. It saves two thread switches per message, more
  /// than half of the cost of a small request. Such a task must never block: while it runs, the connection neither reads nor
  /// writes.
  public var taskExecutor: any TaskExecutor { EventLoopTaskExecutor(eventLoop) }
}

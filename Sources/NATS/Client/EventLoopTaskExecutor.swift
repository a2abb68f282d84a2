import NIOCore

/// Runs tasks on the thread of an event loop.
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
  /// Runs tasks on the thread that reads and writes this client's connection.
  ///
  /// A task that answers messages as they come saves two changes of thread a message there, which is more than half of what a
  /// small request costs. Give it to `withTaskExecutorPreference`, and only to tasks that never block: while one runs, nothing
  /// is sent or received.
  public var taskExecutor: any TaskExecutor { EventLoopTaskExecutor(eventLoop) }
}

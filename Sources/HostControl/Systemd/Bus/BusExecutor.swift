import Clocks
import Glibc
import Locks
import Threads

/// Runs the bus actor on one thread, which waits in poll(2) for bus messages and for jobs.
final class BusExecutor: SerialExecutor {
  private enum Work: Sendable {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  private let mailbox: Mailbox<Work>
  private let thread = Locked<pthread_t?>(nil)

  init() throws(ThreadError) {
    mailbox = try Mailbox()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    mailbox.post(.job(UnownedJob(job)))
  }

  /// Runs a closure on the thread, after all work that was enqueued before.
  func post(_ closure: @escaping @Sendable () -> Void) {
    mailbox.post(.closure(closure))
  }

  func checkIsolated() {
    precondition(isIsolatingCurrentContext() == true, "the system bus was touched outside of its thread")
  }

  func isIsolatingCurrentContext() -> Bool? {
    let thread = thread.withLock { $0 }
    return thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
  }

  /// Starts the thread, which never ends.
  func start(for bus: SystemBus) throws(ThreadError) {
    try Thread.start(name: "system-bus") { [self] in
      thread.withLock { $0 = pthread_self() }
      while true {
        runWork()
        wait(for: bus.assumeIsolated { $0.advance() })
      }
    }
  }

  private func runWork() {
    for work in mailbox.takeAll() {
      switch work {
      case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
      case .closure(let closure): closure()
      }
    }
  }

  private func wait(for next: SystemBus.Next) {
    var descriptors = [pollfd(fd: mailbox.readEnd, events: Int16(POLLIN), revents: 0)]
    if let descriptor = next.descriptor { descriptors.append(descriptor) }
    if poll(&descriptors, nfds_t(descriptors.count), timeout(next.deadline)) < 0, errno != EINTR {
      // Out of memory: continue without events, slowly.
      usleep(10_000)
    }
  }

  /// Milliseconds until the deadline, rounded up; -1 for none.
  private func timeout(_ deadline: UInt64?) -> Int32 {
    guard let deadline else { return -1 }
    let now = MonotonicClock.now()
    guard deadline > now else { return 0 }
    return Int32(clamping: (deadline &- now) / 1_000_000 &+ 1)
  }
}

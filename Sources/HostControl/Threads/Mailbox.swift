import CLinuxProcess
import Glibc
import Locks

/// Messages to a thread that waits in poll(2): a queue, and a pipe that says it is not empty.
package final class Mailbox<Message: Sendable>: Sendable {
  /// Readable while messages may be waiting.
  package let readEnd: Int32
  /// One byte written to it wakes the thread. Does not block.
  package let writeEnd: Int32
  private let queue = Locked<[Message]>([])

  package init() throws(StartFailure) {
    var ends: (read: Int32, write: Int32) = (-1, -1)
    let problem = clp_pipe(&ends.read, &ends.write)
    guard problem == 0 else { throw StartFailure(errno: -problem) }
    _ = fcntl(ends.write, F_SETFL, O_NONBLOCK)
    (readEnd, writeEnd) = ends
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  package func post(_ message: Message) {
    let wasEmpty = queue.withLock { queue in
      queue.append(message)
      return queue.count == 1
    }
    // A full pipe is as good a wake-up as one more byte.
    if wasEmpty { _ = write(writeEnd, "m", 1) }
  }

  package func takeAll() -> [Message] {
    var bytes: (UInt64, UInt64) = (0, 0)
    while read(readEnd, &bytes, 16) == 16 {}
    return queue.withLock { queue in
      defer { queue.removeAll() }
      return queue
    }
  }

  /// Waits for messages.
  ///
  /// - Parameter limit: How many milliseconds at most; then there are none. nil = as long as it takes.
  package func waitForMessages(atMost limit: Int32? = nil) -> [Message] {
    var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    while true {
      let isTimeUp = poll(&descriptor, 1, limit ?? -1) == 0
      let messages = takeAll()
      if isTimeUp || !messages.isEmpty { return messages }
    }
  }
}

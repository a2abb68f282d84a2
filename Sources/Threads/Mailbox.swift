import CLinuxProcess
import Glibc
import Locks

/// A queue of messages to a thread that waits in poll(2), with a pipe that is readable while the queue is not empty.
package final class Mailbox<Message: Sendable>: Sendable {
  /// Readable while messages may be waiting.
  package let readEnd: Int32
  /// One byte written to it wakes the thread. Does not block.
  package let writeEnd: Int32
  private let queue = Locked<[Message]>([])

  package init() throws(ThreadError) {
    var ends: (read: Int32, write: Int32) = (-1, -1)
    let result = clp_pipe(&ends.read, &ends.write)
    guard result == 0 else { throw ThreadError(errno: -result) }
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
    // Where the pipe is full the thread is awake already.
    if wasEmpty { _ = write(writeEnd, "m", 1) }
  }

  /// Removes and returns all messages, oldest first. Does not block.
  package func takeAll() -> [Message] {
    var bytes: (UInt64, UInt64) = (0, 0)
    while read(readEnd, &bytes, 16) == 16 {}
    return queue.withLock { queue in
      defer { queue.removeAll() }
      return queue
    }
  }

  /// Blocks until there are messages, and removes and returns them.
  ///
  /// - Parameter timeout: In milliseconds; nil waits indefinitely.
  /// - Returns: An empty array after the timeout.
  package func waitForMessages(timeout: Int32? = nil) -> [Message] {
    var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    while true {
      let isTimedOut = poll(&descriptor, 1, timeout ?? -1) == 0
      let messages = takeAll()
      if isTimedOut || !messages.isEmpty { return messages }
    }
  }
}

internal import Glibc

/// A file descriptor with writes that never block.
///
/// `O_NONBLOCK` is a flag of the open file description, which other processes may share. It is therefore never set on an
/// inherited descriptor: pipes and terminals are opened again, and sockets use `MSG_DONTWAIT`.
struct LogDescriptor {
  enum Outcome: Equatable {
    case wrote(Int)
    case wouldBlock
    case failed(Int32)
  }

  private enum WriteMethod {
    case plain
    case socket
    /// Calls poll(2) before each write. It guarantees room for at most a page.
    case polled
  }

  private let descriptor: Int32
  private let method: WriteMethod
  private let isOwned: Bool

  init(inherited: Int32) {
    var status = stat()
    let isKnown = fstat(inherited, &status) == 0
    switch status.st_mode & S_IFMT {
    case S_IFSOCK where isKnown: (descriptor, method, isOwned) = (inherited, .socket, false)
    // A second description of a regular file would have its own offset, and the two would overwrite each other.
    case S_IFREG where isKnown: (descriptor, method, isOwned) = (inherited, .plain, false)
    default:
      let again = open(
        "/proc/self/fd/\(inherited)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_APPEND)
      if isKnown, again >= 0 {
        (descriptor, method, isOwned) = (again, .plain, true)
      } else {
        (descriptor, method, isOwned) = (inherited, .polled, false)
      }
    }
  }

  func close() {
    if isOwned { Glibc.close(descriptor) }
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Outcome {
    while true {
      let count = bytes.withUnsafeBytes { buffer -> Int in
        switch method {
        case .plain: return Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        case .socket:
          return send(
            descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        case .polled:
          guard isWritable(waiting: 0) else {
            errno = EAGAIN
            return -1
          }
          return Glibc.write(descriptor, buffer.baseAddress, min(buffer.count, 4096))
        }
      }
      if count >= 0 { return .wrote(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      default: return .failed(errno)
      }
    }
  }

  /// Whether a write would succeed, waiting up to `milliseconds` for room.
  func isWritable(waiting milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, milliseconds) > 0
  }
}

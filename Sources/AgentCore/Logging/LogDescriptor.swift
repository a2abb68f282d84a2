internal import Glibc

/// A descriptor that lines are written to without ever waiting.
///
/// `O_NONBLOCK` on an inherited descriptor would change it for every process that shares it, so it is never set there:
/// a pipe or terminal is opened once more instead, a socket takes the flag with each call.
struct LogDescriptor {
  enum Outcome: Equatable {
    case wrote(Int)
    case wouldBlock
    case failed(Int32)
  }

  private enum Way {
    case plain
    case socket
    /// Asks first; what poll(2) promises is room for a page at most.
    case polled
  }

  private let descriptor: Int32
  private let way: Way
  private let isOwned: Bool

  init(inherited: Int32) {
    var status = stat()
    let isKnown = fstat(inherited, &status) == 0
    switch status.st_mode & S_IFMT {
    case S_IFSOCK where isKnown: (descriptor, way, isOwned) = (inherited, .socket, false)
    // Two descriptions of a regular file would each have an offset, and overwrite each other.
    case S_IFREG where isKnown: (descriptor, way, isOwned) = (inherited, .plain, false)
    default:
      let again = open(
        "/proc/self/fd/\(inherited)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_APPEND)
      if isKnown, again >= 0 {
        (descriptor, way, isOwned) = (again, .plain, true)
      } else {
        (descriptor, way, isOwned) = (inherited, .polled, false)
      }
    }
  }

  func close() {
    if isOwned { Glibc.close(descriptor) }
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Outcome {
    while true {
      let count = bytes.withUnsafeBytes { buffer -> Int in
        switch way {
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

  /// Waits for room, at most some milliseconds.
  func isWritable(waiting milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, milliseconds) > 0
  }
}

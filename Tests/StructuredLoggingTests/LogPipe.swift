import Glibc

@testable import StructuredLogging

/// A pipe or a socket pair in place of standard output.
final class LogPipe {
  struct Failure: Error {}

  private(set) var reader: Int32
  let writer: Int32

  init(isSocket: Bool = false) throws {
    var ends: [Int32] = [-1, -1]
    let code =
      isSocket
      ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : pipe(&ends)
    guard code == 0 else { throw Failure() }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    closeReader()
    close(writer)
  }

  func closeReader() {
    if reader >= 0 { close(reader) }
    reader = -1
  }

  /// Reads the available bytes without waiting.
  func read() -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    var request = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    while poll(&request, 1, 0) > 0, request.revents & Int16(POLLIN) != 0 {
      let count = Glibc.read(reader, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads the available lines without waiting.
  func lines() -> [Substring] { read().split(separator: "\n") }
}

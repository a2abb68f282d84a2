import Clocks
import Glibc
import HostMetrics

/// A file of the kernel that is read repeatedly.
///
/// On procfs the descriptor stays open and every read starts at offset 0. The kernel then generates the
/// content again, and the path lookup is saved. Other files (fixtures) are opened for each read, as they
/// may have been replaced.
final class KernelFile {
  let path: String
  private let limit: Int
  private var descriptor: Int32 = -1

  init(_ path: String, limit: Int = 4 << 20) {
    self.path = path
    self.limit = limit
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The descriptor that stays open between reads, for poll(2); `nil` before the first read and off procfs.
  var openDescriptor: Int32? {
    descriptor >= 0 ? descriptor : nil
  }

  /// Reads the whole file. The scanner is valid until the next read into the buffer.
  func read(into buffer: ReadBuffer) throws(MetricsError) -> ByteScanner {
    if descriptor >= 0 {
      if case .success(let scanner) = readAll(descriptor, into: buffer) { return scanner }
      close(descriptor)
      descriptor = -1
    }
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard opened >= 0 else {
      throw MetricsError(file: path, reason: .unreadable(errno: errno))
    }
    let result = readAll(opened, into: buffer)
    if case .success(let scanner) = result, !scanner.isAtEnd, isGenerated(opened) {
      descriptor = opened
    } else {
      close(opened)
    }
    return try result.get()
  }

  /// Whether the reported size is 0, as for all files of procfs.
  private func isGenerated(_ file: Int32) -> Bool {
    var node = stat()
    return fstat(file, &node) == 0 && node.st_size == 0
  }

  private func readAll(_ file: Int32, into buffer: ReadBuffer) -> Result<ByteScanner, MetricsError> {
    var count = 0
    while true {
      if count == buffer.bytes.count, !buffer.grow(keeping: count, limit: limit) {
        return .failure(MetricsError(file: path, reason: .tooLarge(limit: limit)))
      }
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[count...])
      let received = pread(file, room.baseAddress, room.count, off_t(count))
      if received > 0 {
        count += received
      } else if received == 0 {
        return .success(ByteScanner(UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count))))
      } else if errno != EINTR {
        return .failure(MetricsError(file: path, reason: .unreadable(errno: errno)))
      }
    }
  }
}

/// A buffer for the content of one file at a time, reused for all files of a sampler.
final class ReadBuffer {
  private(set) var bytes: UnsafeMutableRawBufferPointer

  init(capacity: Int = 16 * 1024) {
    bytes = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    bytes.deallocate()
  }

  /// Doubles the capacity up to `limit` bytes and keeps the first `count` bytes; false if the limit was reached before.
  func grow(keeping count: Int, limit: Int) -> Bool {
    guard bytes.count < limit else { return false }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(bytes.count * 2, limit), alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
    bytes.deallocate()
    bytes = larger
    return true
  }
}

extension MetricsError.Reason {
  /// A failed system call, with the message of strerror(3).
  static func unreadable(errno: Int32) -> MetricsError.Reason {
    .unreadable(errno: errno, message: strerror(errno).map { String(cString: $0) } ?? "error \(errno)")
  }
}

extension MonotonicTime {
  static func now() -> MonotonicTime { MonotonicTime(nanoseconds: MonotonicClock.now()) }
}

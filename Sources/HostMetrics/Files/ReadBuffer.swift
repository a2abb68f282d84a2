import Glibc

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

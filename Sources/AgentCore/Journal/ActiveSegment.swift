import CLinux
import Glibc

/// The segment that is open for writing.
struct ActiveSegment {
  let number: UInt32
  let descriptor: Int32
  /// The offset of the next frame. All bytes before it are on disk.
  var size: Int
  /// The offset up to which disk space is reserved.
  private var reserved: Int

  /// The granularity of reservations, in bytes.
  private static let step = 1 << 20

  init(number: UInt32, descriptor: Int32, size: Int) {
    self.number = number
    self.descriptor = descriptor
    self.size = size
    reserved = size
  }

  /// Reserves disk space up to an offset.
  ///
  /// - Returns: 0, or an error number.
  mutating func reserve(to end: Int) -> Int32 {
    guard end > reserved else { return 0 }
    let generous = (end + Self.step - 1) / Self.step * Self.step
    for target in [generous, end] {
      switch linux_reserve(descriptor, Int64(reserved), Int64(target - reserved)) {
      case 0:
        reserved = target
        return 0
      case EOPNOTSUPP, ENOSYS: return hasFreeSpace(for: end - size) ? 0 : ENOSPC
      case ENOSPC where target > end: continue
      case let code: return code
      }
    }
    return ENOSPC
  }

  /// Whether enough space is free, for file systems without reservation.
  private func hasFreeSpace(for bytes: Int) -> Bool {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0 else { return true }
    return UInt64(status.f_bavail) &* UInt64(status.f_frsize) >= UInt64(clamping: bytes)
  }

  /// Appends frames, and synchronises them to disk on request.
  ///
  /// - Returns: 0, or an error number. After an error the file is unchanged, unless `isBroken` is set: then its content is unknown.
  mutating func write(_ bytes: [UInt8], synchronise: Bool, isBroken: inout Bool) -> Int32 {
    var code = JournalFile.write(descriptor, bytes, at: size)
    if code == 0, synchronise, fdatasync(descriptor) != 0 {
      // The kernel reports a failed write-back once, and marks the page as clean.
      isBroken = true
      code = errno
    }
    guard code == 0 else {
      ftruncate(descriptor, off_t(size))
      reserved = size
      return code
    }
    size += bytes.count
    return 0
  }

  /// Releases the reserved space behind the last frame.
  func trim() {
    ftruncate(descriptor, off_t(size))
  }
}

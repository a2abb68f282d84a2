import CLinux
import Glibc

/// The segment that is written to.
struct ActiveSegment {
  let number: UInt32
  let descriptor: Int32
  /// Where the next frame goes: all before is on disk.
  var size: Int
  /// Up to where the file has room for certain.
  private var reserved: Int

  /// Room is asked for in pieces of this size.
  private static let step = 1 << 20

  init(number: UInt32, descriptor: Int32, size: Int) {
    self.number = number
    self.descriptor = descriptor
    self.size = size
    reserved = size
  }

  /// Makes sure that the file can grow to `end`.
  ///
  /// - Returns: 0, or the error number.
  mutating func reserve(to end: Int) -> Int32 {
    guard end > reserved else { return 0 }
    let generous = (end + Self.step - 1) / Self.step * Self.step
    for target in [generous, end] {
      switch linux_reserve(descriptor, Int64(reserved), Int64(target - reserved)) {
      case 0:
        reserved = target
        return 0
      case EOPNOTSUPP, ENOSYS: return hasRoom(for: end - size) ? 0 : ENOSPC
      case ENOSPC where target > end: continue
      case let code: return code
      }
    }
    return ENOSPC
  }

  /// Where nothing can be reserved, at least something must be free.
  private func hasRoom(for bytes: Int) -> Bool {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0 else { return true }
    return UInt64(status.f_bavail) &* UInt64(status.f_frsize) >= UInt64(clamping: bytes)
  }

  /// Writes frames, to disk if it must be.
  ///
  /// - Returns: 0, or the error number; then the file is as it was, but after `isBroken` nothing is known of it.
  mutating func write(_ bytes: [UInt8], synchronise: Bool, isBroken: inout Bool) -> Int32 {
    var code = JournalFile.write(descriptor, bytes, at: size)
    if code == 0, synchronise, fdatasync(descriptor) != 0 {
      // The kernel reports a page that it could not write once, and then takes it for clean.
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

  /// Gives back the room that it will not use.
  func trim() {
    ftruncate(descriptor, off_t(size))
  }
}

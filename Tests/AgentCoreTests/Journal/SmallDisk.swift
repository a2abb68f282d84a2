import Glibc
import TestFiles

/// A file system of a few MiB, which can be filled.
final class SmallDisk {
  let path: String
  private let folder: TemporaryFolder

  struct Failure: Error {}

  /// Whether this process may mount one.
  static let isPossible: Bool = {
    do {
      _ = try SmallDisk(mebibytes: 1)
      return true
    } catch {
      return false
    }
  }()

  init(mebibytes: Int) throws {
    folder = try TemporaryFolder()
    path = folder.path + "/disk"
    guard mkdir(path, 0o700) == 0, mount("tmpfs", path, "tmpfs", 0, "size=\(mebibytes)m,mode=700") == 0 else {
      throw Failure()
    }
  }

  deinit {
    umount2(path, Int32(MNT_DETACH))
  }

  /// Fills the file system.
  func fill() {
    let descriptor = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    for size in [65_536, 4_096, 1] {
      let bytes = [UInt8](repeating: 0, count: size)
      while write(descriptor, bytes, size) > 0 {}
    }
  }

  /// Frees the space.
  func clear() {
    unlink(path + "/filler")
  }
}

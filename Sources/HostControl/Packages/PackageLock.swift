import Glibc

/// The lock files of apt and dpkg, which use fcntl(2) locks. Of these, `apt-get update` itself waits for none, and `upgrade` only
/// for those of dpkg.
enum PackageLock {
  static let lists = "/var/lib/apt/lists/lock"
  static let archives = "/var/cache/apt/archives/lock"
  static let dpkg = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]

  /// A process that holds one of these locks; nil when all are free.
  static func holder(of paths: [String]) -> pid_t? {
    paths.lazy.compactMap(holder).first
  }

  private static func holder(of path: String) -> pid_t? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    // A missing file is not locked, and apt reports one that can't be opened.
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return lock.l_pid
  }
}

/// The remaining time that an update may wait for the locks of apt and dpkg, over all waits. The update blocks a shutdown
/// while it waits.
struct LockTimeout: Sendable, Equatable {
  private(set) var remaining: Duration

  /// By default less than the half hour that an update may take.
  init(_ remaining: Duration = .seconds(25 * 60)) {
    self.remaining = remaining
  }

  var isExpired: Bool { remaining <= .zero }

  /// Subtracts the time of one wait.
  mutating func subtract(_ time: Duration) {
    remaining -= time
  }
}

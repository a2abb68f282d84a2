import Glibc

/// The files on which apt and dpkg exclude each other, with locks of fcntl(2).
enum PackageLock {
  /// What each step needs. `apt-get update` waits for none of them by itself, `upgrade` for dpkg's only.
  static let lists = "/var/lib/apt/lists/lock"
  static let archives = "/var/cache/apt/archives/lock"
  static let dpkg = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]

  /// The process that holds one of these locks; nil when they are all free.
  static func holder(of paths: [String]) -> pid_t? {
    paths.lazy.compactMap(holder).first
  }

  private static func holder(of path: String) -> pid_t? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    // What is not there is not locked, and what can't be opened is for apt to complain about.
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return lock.l_pid
  }
}

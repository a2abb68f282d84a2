import CLinux
import Glibc

/// The folder of a journal, locked by one agent at a time; or no folder, with files in memory.
final class JournalFolder {
  /// The path; empty for files in memory.
  let path: String
  private let descriptor: Int32
  private let lock: Int32

  private static let suffix = ".log"
  private static let folderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW

  /// Creates a journal in memory.
  init() {
    path = ""
    descriptor = -1
    lock = -1
  }

  /// Opens and locks a folder, and creates it if necessary. Its parent must exist.
  ///
  /// - Parameter lockAttempts: The number of retries at intervals of 20 ms while the folder is locked. A child of a killed agent may
  ///   hold the lock until it calls exec.
  /// - Throws: ``JournalError``, also when another agent holds the lock.
  init(path: String, lockAttempts: Int = 0) throws(JournalError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw JournalError("mkdir", path, errno: errno) }
    let folder = Glibc.open(path, Self.folderFlags)
    guard folder >= 0 else { throw JournalError("open", path, errno: errno) }
    _ = fchmod(folder, 0o700)
    let lock = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else {
      let code = errno
      close(folder)
      throw JournalError("open lock", path, errno: code)
    }
    var left = lockAttempts
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK, left > 0 {
        left -= 1
        usleep(20_000)
        continue
      }
      close(lock)
      close(folder)
      guard code == EWOULDBLOCK else { throw JournalError("flock", path, errno: code) }
      throw JournalError(
        "another agent uses the journal in \(path); stop it, or give this one an agent.state_dir of its own")
    }
    self.path = path
    descriptor = folder
    self.lock = lock
  }

  deinit {
    if lock >= 0 {
      // A forked child that has not called exec yet has a copy of the descriptor.
      flock(lock, LOCK_UN)
      close(lock)
    }
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether the files are on disk.
  var isDurable: Bool { descriptor >= 0 }

  /// The numbers of the segments, in ascending order.
  func segments() throws(JournalError) -> [UInt32] {
    guard isDurable else { return [] }
    // closedir(3) closes this descriptor.
    let copy = openat(descriptor, ".", Self.folderFlags)
    guard copy >= 0, let stream = fdopendir(copy) else {
      let code = errno
      if copy >= 0 { close(copy) }
      throw JournalError("opendir", path, errno: code)
    }
    defer { closedir(stream) }
    var numbers: [UInt32] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasSuffix(Self.suffix), let number = UInt32(name.dropLast(Self.suffix.count)),
        Self.name(number) == name
      else { continue }
      numbers.append(number)
    }
    return numbers.sorted()
  }

  /// Opens an existing segment.
  func open(_ number: UInt32) throws(JournalError) -> Int32 {
    let file = openat(descriptor, Self.name(number), O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw JournalError("open \(Self.name(number))", path, errno: errno) }
    return file
  }

  /// Creates a segment.
  func create(_ number: UInt32) throws(JournalError) -> Int32 {
    let name = Self.name(number)
    let file =
      isDurable
      ? openat(descriptor, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
      : linux_memory_file(name)
    guard file >= 0 else { throw JournalError("create \(name)", path, errno: errno) }
    return file
  }

  /// Removes a segment.
  func remove(_ number: UInt32) {
    if isDurable { unlinkat(descriptor, Self.name(number), 0) }
  }

  /// Makes the creation of segments durable.
  ///
  /// - Returns: 0, or an error number.
  func synchronise() -> Int32 {
    !isDurable || fsync(descriptor) == 0 ? 0 : errno
  }

  private static func name(_ number: UInt32) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + suffix
  }
}

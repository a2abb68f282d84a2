import Glibc

/// Reads the mount table of the host.
///
/// That is the one of process 1: a unit's sandbox shows the agent other mounts than the host has. Where
/// it can't be read (hidepid), the agent's own has to do. On procfs the table is read again only after
/// the kernel has said that it changed (poll(2) on the open file, proc_pid_mounts(5)).
struct MountTable {
  /// What a reading gives.
  struct Content: Sendable {
    var entries: [MountEntry]
    /// What has to stand before a mountpoint to reach it: empty, or the root of process 1.
    var pathPrefix: String
  }

  /// A mount table of 100,000 mounts is some 20 MB; the kernel allows that many by default.
  private static let limit = 32 << 20

  private let host: KernelFile
  private let own: KernelFile
  private let proc: String

  init(_ files: HostFiles) {
    proc = files.proc
    host = KernelFile(files.proc + "/1/mountinfo", limit: Self.limit)
    own = KernelFile(files.proc + "/self/mountinfo", limit: Self.limit)
  }

  /// Whether the table may differ from the one last read.
  func mayHaveChanged() -> Bool {
    guard let descriptor = host.openDescriptor ?? own.openDescriptor else { return true }
    var query = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
    return poll(&query, 1, 0) != 0
  }

  func read(_ buffer: ReadBuffer) throws(MetricsError) -> Content {
    do throws(MetricsError) {
      let content = try host.read(into: buffer)
      return Content(entries: Self.visibleEntries(content), pathPrefix: pathPrefix())
    } catch {
      return Content(entries: Self.visibleEntries(try own.read(into: buffer)), pathPrefix: "")
    }
  }

  /// All mounts that no other covers.
  static func visibleEntries(_ content: ByteScanner) -> [MountEntry] {
    var content = content
    var entries: [MountEntry] = []
    while var line = content.line() {
      if let entry = MountEntry(&line) { entries.append(entry) }
    }
    var mountpoints: [UInt64: [UInt8]] = [:]
    for entry in entries { mountpoints[entry.id] = entry.path }
    var covered: Set<UInt64> = []
    for entry in entries where entry.parentID != entry.id && mountpoints[entry.parentID] == entry.path {
      covered.insert(entry.parentID)
    }
    return covered.isEmpty ? entries : entries.filter { !covered.contains($0.id) }
  }

  /// Paths lead through the root of process 1 where that lives in another mount namespace and may be entered.
  private func pathPrefix() -> String {
    var ours = stat()
    var theirs = stat()
    guard stat(proc + "/self/ns/mnt", &ours) == 0, stat(proc + "/1/ns/mnt", &theirs) == 0,
      ours.st_ino != theirs.st_ino, access(proc + "/1/root/", X_OK) == 0
    else { return "" }
    return proc + "/1/root"
  }
}

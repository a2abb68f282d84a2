import Glibc

/// Reads the mount table of the host.
///
/// This is the table of process 1, as the sandbox of a unit has other mounts than the host. If it can't
/// be read (hidepid), the table of the agent is used. On procfs the table is read again only after
/// the kernel has reported a change (poll(2) on the open file, proc_pid_mounts(5)).
struct MountTable {
  /// The content of a mount table.
  struct Content: Sendable {
    var entries: [MountEntry]
    /// Prefix of the paths to the mountpoints: empty, or the root of process 1.
    var pathPrefix: String
  }

  /// A table of 100,000 mounts, the kernel's default limit, takes about 20 MB.
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

  /// All mounts that are not covered by another one.
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

  /// The root of process 1, if that is in another mount namespace and accessible.
  private func pathPrefix() -> String {
    var ours = stat()
    var theirs = stat()
    guard stat(proc + "/self/ns/mnt", &ours) == 0, stat(proc + "/1/ns/mnt", &theirs) == 0,
      ours.st_ino != theirs.st_ino, access(proc + "/1/root/", X_OK) == 0
    else { return "" }
    return proc + "/1/root"
  }
}

/// The mounts of a machine (proc_pid_mountinfo(5)).
package struct MountTable: Sendable {
  /// The mounts that are not covered by another one.
  package var entries: [MountEntry]
  /// Prefix of the paths to the mountpoints: empty, or the root of process 1.
  package var pathPrefix: String

  /// Parses a mount table. Truncated lines are skipped.
  package init(_ content: ByteScanner, pathPrefix: String = "") {
    entries = Self.visibleEntries(content)
    self.pathPrefix = pathPrefix
  }

  private static func visibleEntries(_ content: ByteScanner) -> [MountEntry] {
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
}

/// One line of a mount table, `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).
package struct MountEntry: Sendable, Equatable {
  package var id: UInt64
  package var parentID: UInt64
  package var device: DeviceNumber
  /// The mounted folder of the file system; `/` except for bind mounts and subvolumes.
  package var root: String
  package var mountpoint: String
  /// The bytes of the mountpoint, which need not be UTF-8.
  package var path: [UInt8]
  package var filesystem: String
  package var kind: FilesystemKind
  package var source: String
  /// Whether the file system itself is read-only in all its mounts. False for a single read-only mount (`-o bind,ro`).
  package var isReadOnly = false

  /// Parses a line; `nil` if it is truncated.
  package init?(_ line: inout ByteScanner) {
    guard let id = line.number(), let parentID = line.number() else { return nil }
    line.skipBlanks()
    guard let device = DeviceNumber(&line), line.take(0x20), let root = line.field(),
      let mountpoint = line.field(), line.field() != nil
    else { return nil }
    // Any number of optional fields, terminated by a hyphen.
    repeat {
      guard let field = line.field() else { return nil }
      if field.equals("-") { break }
    } while true
    guard let filesystem = line.field(), let source = line.field() else { return nil }
    self.id = id
    self.parentID = parentID
    self.device = device
    self.root = String(decoding: unescaped(root), as: UTF8.self)
    path = unescaped(mountpoint)
    self.mountpoint = String(decoding: path, as: UTF8.self)
    let type = unescaped(filesystem)
    self.filesystem = String(decoding: type, as: UTF8.self)
    kind = type.withUnsafeBytes { FilesystemKind(type: $0, device: device) }
    self.source = String(decoding: unescaped(source), as: UTF8.self)
    // The kernel writes `ro` or `rw` first (show_mountinfo() in fs/proc_namespace.c).
    if line.take("ro") { isReadOnly = line.isAtEnd || line.take(UInt8(ascii: ",")) }
    guard path.first == UInt8(ascii: "/"), !path.contains(0) else { return nil }
  }
}

/// Decodes the kernel's octal escapes (`\040` is a blank); any other backslash is literal.
private func unescaped(_ text: UnsafeRawBufferPointer) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var index = 0
  while index < text.count {
    let byte = text[index]
    if byte == UInt8(ascii: "\\"), index + 3 < text.count {
      let digits = text[(index + 1)...(index + 3)].map { $0 &- 0x30 }
      if digits[0] < 4, digits[1] < 8, digits[2] < 8 {
        result.append(digits[0] << 6 | digits[1] << 3 | digits[2])
        index += 4
        continue
      }
    }
    result.append(byte)
    index += 1
  }
  return result
}

import Encoding
import Glibc

/// Absolute paths, for file names that are stored or printed and then read from another folder.
public enum AbsolutePath {
  /// The current folder; nil when it cannot be determined.
  public static var currentFolder: String? {
    guard let buffer = getcwd(nil, 0) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// Returns a path as an absolute one. The file system is not read: symbolic links and `..` stay, so that a link
  /// that is changed later is followed later.
  ///
  /// - Parameters:
  ///   - folder: The folder that a relative path is resolved against.
  ///   - home: The folder that `~` stands for, when it is known.
  /// - Returns: Nil for an empty path, and when the folder that it needs is not known.
  public static func of(_ path: String, in folder: String? = currentFolder, home: String? = nil) -> String? {
    guard !path.isEmpty else { return nil }
    if isAbsolute(path) { return path }
    if path.hasSameBytes(as: "~") || path.hasBytePrefix("~/") {
      return home.map { joined($0, String(decoding: path.utf8.dropFirst(2), as: UTF8.self)) }
    }
    return folder.map { joined($0, path) }
  }

  /// Whether a path begins with a slash.
  package static func isAbsolute(_ path: some StringProtocol) -> Bool {
    path.utf8.first == UInt8(ascii: "/")
  }

  /// The part of a path before its last slash; nil if it has none. Empty for a file in the root folder.
  package static func parent(of path: String) -> String? {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(decoding: path.utf8[..<$0], as: UTF8.self) }
  }

  /// Joins two paths. Drops `.` and doubled slashes of the second one.
  private static func joined(_ folder: String, _ path: String) -> String {
    let parts = path.bytesSplit(by: "/").filter { !$0.hasSameBytes(as: ".") }
    let base =
      folder.utf8.last == UInt8(ascii: "/") ? String(decoding: folder.utf8.dropLast(), as: UTF8.self) : folder
    return parts.isEmpty ? (base.isEmpty ? "/" : base) : base + "/" + parts.joined(separator: "/")
  }
}

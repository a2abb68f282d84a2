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
    if path.hasPrefix("/") { return path }
    if path == "~" || path.hasPrefix("~/") { return home.map { joined($0, String(path.dropFirst(2))) } }
    return folder.map { joined($0, path) }
  }

  /// Joins two paths. Drops `.` and doubled slashes of the second one.
  private static func joined(_ folder: String, _ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return parts.isEmpty ? (base.isEmpty ? "/" : base) : base + "/" + parts.joined(separator: "/")
  }
}

import Glibc

/// File names as they are stored and printed: absolute, so that they name the same file from every folder.
public enum AbsolutePath {
  /// The current folder; nil where it cannot be determined.
  public static var currentFolder: String? {
    guard let buffer = getcwd(nil, 0) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// A file name made absolute. The file system is not read: symbolic links and `..` stay, so that a link that is renewed
  /// later is followed later.
  ///
  /// - Parameters:
  ///   - folder: The folder that a relative name is relative to.
  ///   - home: The folder that `~` stands for, where it is known.
  /// - Returns: Nil for an empty name, and where the folder it needs is not known.
  public static func of(_ path: String, in folder: String? = currentFolder, home: String? = nil) -> String? {
    guard !path.isEmpty else { return nil }
    if path.hasPrefix("/") { return path }
    if path == "~" || path.hasPrefix("~/") { return home.map { joined($0, String(path.dropFirst(2))) } }
    return folder.map { joined($0, path) }
  }

  /// Leaves `.` and doubled slashes of the relative part out.
  private static func joined(_ folder: String, _ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return parts.isEmpty ? (base.isEmpty ? "/" : base) : base + "/" + parts.joined(separator: "/")
  }
}

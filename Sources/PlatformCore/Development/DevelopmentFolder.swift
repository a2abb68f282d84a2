import Glibc
import JSON
import NKeys
import PlatformAPI

/// The state of a development platform that is kept between runs: keys, ports, JetStream.
public final class DevelopmentFolder: Sendable {
  /// The path of the folder.
  public let path: String
  private let lock: Int32

  /// `$XDG_STATE_HOME/plusclouds-platform/dev`, else `~/.local/state/plusclouds-platform/dev`; nil when there is no
  /// home folder.
  public static func usual(environment: [String: String]) -> String? {
    if let folder = environment["XDG_STATE_HOME"], AbsolutePath.isAbsolute(folder) {
      return folder + "/plusclouds-platform/dev"
    }
    guard let home = environment["HOME"], AbsolutePath.isAbsolute(home) else { return nil }
    return home + "/.local/state/plusclouds-platform/dev"
  }

  /// Opens and locks the folder.
  ///
  /// - Throws: ``FileError``, with code `EWOULDBLOCK` when another process has locked it.
  public init(_ path: String) throws(FileError) {
    try PrivateFile.makeFolder(path)
    guard let absolute = realpath(path, nil) else { throw FileError(path, cannot: "opened", errno) }
    self.path = String(cString: absolute)
    free(absolute)
    let file = open(self.path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileError(path, cannot: "opened", errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(file)
      var problem = FileError(path, "is in use by another plusclouds-platform dev; end it, or use --data")
      problem.code = code
      throw problem
    }
    lock = file
  }

  deinit {
    close(lock)
  }

  /// The folder of the keys.
  var keysFolder: String { path + "/keys" }

  /// The public halves of the keys. Generates the keys at the first run.
  func keys() throws -> ServerConfiguration.Keys {
    let files = PlatformKeys.fileNames.map { keysFolder + "/" + $0 }
    if files.allSatisfy({ access($0, F_OK) != 0 }) {
      let keys = try PlatformKeys()
      try keys.write(to: keysFolder)
      return keys.publicKeys
    }
    return try PlatformKeys(readingFrom: keysFolder).publicKeys
  }

  // MARK: Ports

  /// The ports of the last run.
  struct Ports: Sendable, Hashable {
    var client: Int
    var webSocket: Int
  }

  func savedPorts() -> Ports? {
    do {
      let text = try TextFile(path: path + "/ports.json", limit: 4096).text
      let object = try JSONReader.parse(Array(text.utf8)).objectValue
      guard let client = object?["client"]?.integerValue, let webSocket = object?["websocket"]?.integerValue
      else { return nil }
      return Ports(client: Int(client), webSocket: Int(webSocket))
    } catch {
      // The first run, or an unreadable file: other ports are chosen.
      return nil
    }
  }

  func save(_ ports: Ports) throws(FileError) {
    let value: JSONValue = ["client": JSONValue(ports.client), "websocket": JSONValue(ports.webSocket)]
    try PrivateFile.write(
      String(decoding: JSONWriter.encode(value), as: UTF8.self) + "\n", to: path + "/ports.json",
      replaces: true)
  }
}

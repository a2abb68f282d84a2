import FoundationEssentials
import Glibc
import JSON
import PlatformAPI
import Yams

/// The contexts file: `$PLSCTL_CONFIG`, otherwise `$XDG_CONFIG_HOME/plusclouds/contexts.yaml`, otherwise
/// `~/.config/plusclouds/contexts.yaml`.
struct ContextStore: Sendable {
  let path: String

  /// The folder of the file; nil if the path is relative and the working folder is not known.
  var folder: String? {
    AbsolutePath.of(path).flatMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } }
  }

  private static let maximumSize = 1 << 20

  /// Determines the path from the environment.
  ///
  /// - Throws: `configuration` if neither the variables nor `HOME` are set.
  init(environment: [String: String]) throws(ConsoleError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let path = value("PLSCTL_CONFIG") {
      self.path = path
    } else if let folder = value("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
      path = folder + "/plusclouds/contexts.yaml"
    } else if let home = value("HOME"), home.hasPrefix("/") {
      path = home + "/.config/plusclouds/contexts.yaml"
    } else {
      throw ConsoleError(
        .configuration, "the contexts file is not known: neither PLSCTL_CONFIG nor HOME is set")
    }
  }

  /// Reads the file.
  ///
  /// - Returns: Nil if it does not exist; a warning if other users can read or change it.
  /// - Throws: `configuration`.
  func load() throws(ConsoleError) -> (file: ContextsFile, warning: String?)? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("cannot be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ConsoleError(.configuration, "\(path) is not a file")
    }
    let bytes = try read(descriptor)
    let file = try decode(bytes)
    let mode = status.st_mode & 0o777
    if status.st_uid != 0, status.st_uid != geteuid() {
      return (
        file,
        "\(path) belongs to user \(status.st_uid), who can send your tokens elsewhere: chown it to yourself"
      )
    }
    let warning = mode & 0o077 == 0 ? nil : "others may read \(path), which holds tokens: chmod 600 \(path)"
    return (file, warning)
  }

  /// Replaces the file atomically, with mode 0600.
  ///
  /// - Throws: `configuration`.
  func save(_ file: ContextsFile) throws(ConsoleError) {
    let text: String
    do {
      let encoder = YAMLEncoder()
      encoder.options.sortKeys = true
      text = try encoder.encode(file)
    } catch {
      throw ConsoleError(.configuration, "the contexts cannot be written as YAML: \(error)")
    }
    try makeFolders()
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be written") }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    let isWritten = rest.isEmpty && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      let error = failure("cannot be written")
      unlink(temporary)
      throw error
    }
  }

  private func read(_ descriptor: Int32) throws(ConsoleError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot be read") }
      if count == 0 { return bytes }
      bytes += chunk[0..<count]
      guard bytes.count <= Self.maximumSize else {
        throw ConsoleError(.configuration, "\(path) is larger than \(Self.maximumSize) bytes")
      }
    }
  }

  private func decode(_ bytes: [UInt8]) throws(ConsoleError) -> ContextsFile {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConsoleError(.configuration, "\(path) is not UTF-8")
    }
    if text.allSatisfy({ $0.isWhitespace }) { return ContextsFile() }
    do {
      return try YAMLDecoder().decode(ContextsFile.self, from: text)
    } catch {
      throw ConsoleError(.configuration, "\(path): \(Self.explanation(of: error))")
    }
  }

  private static func explanation(of error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "the key \(place(context.codingPath + [key])) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return "\(place(context.codingPath)) has a value of the wrong type"
    case DecodingError.dataCorrupted(let context):
      guard let yaml = context.underlyingError as? YamlError else {
        return "it is not a YAML file with contexts"
      }
      return explanation(of: yaml)
    case let error as YamlError:
      if case .scanner(_, let problem, let mark, _) = error { return "line \(mark.line): \(problem)" }
      if case .parser(_, let problem, let mark, _) = error { return "line \(mark.line): \(problem)" }
      return "it is not YAML"
    default: return "it is not a YAML file with contexts"
    }
  }

  private func makeFolders() throws(ConsoleError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    var folder = ""
    for (index, part) in parts.enumerated() {
      folder += index == 0 ? String(part) : "/" + part
      if folder.isEmpty || part.isEmpty { continue }
      if mkdir(folder, 0o700) != 0, errno != EEXIST { throw failure("cannot be written") }
    }
  }

  private func failure(_ what: String) -> ConsoleError {
    ConsoleError(.configuration, "\(path) \(what): \(String(cString: strerror(errno)))")
  }
}

extension ContextStore {
  /// Reads the store of a console's environment. The contents are empty if there is no file.
  ///
  /// - Throws: `configuration`.
  static func read(on console: Console) throws(ConsoleError) -> (store: ContextStore, file: ContextsFile) {
    let store = try ContextStore(environment: console.environment)
    guard let (file, warning) = try store.load() else { return (store, ContextsFile()) }
    if let warning { console.report(warning) }
    return (store, file)
  }
}

extension ConsoleContext {
  /// The context as JSON, without the token.
  func json(name: String, isCurrent: Bool) -> JSONValue {
    var object: JSONObject = [
      "name": .string(name), "current": .bool(isCurrent), "url": .string(url),
      "operator": .string(operatorName),
    ]
    object.append("ca_file", ifPresent: caFile.map(JSONValue.string))
    object.append("tls_first", ifPresent: tlsFirst.map(JSONValue.bool))
    object.append(
      "server_names", ifPresent: serverNames.map { JSONValue.array($0.map(JSONValue.string)) })
    object.append("discover", ifPresent: discover.map(JSONValue.bool))
    return .object(object)
  }
}

import Encoding
import Glibc
import NATS
import PlatformAPI
import Yams

/// The contexts of `plsctl`: named connections of an operator, in `contexts.yaml`.
public struct ContextsFile: Sendable {
  /// The connection to one platform, with the operator's credentials.
  public struct Context: Sendable, Hashable {
    /// The servers.
    public var url: String
    /// The operator.
    public var operatorName: String
    /// The operator's token.
    public var token: String
    /// The file of the authorities that the servers' certificates are verified against.
    public var caFile: String?

    /// Creates a context.
    public init(url: String, operatorName: String, token: String, caFile: String? = nil) {
      self.url = url
      self.operatorName = operatorName
      self.token = token
      self.caFile = caFile
    }

    /// Creates a context for the servers of a platform.
    public init(platform: PlatformConfiguration, operatorName: String, token: String) {
      url = platform.nats.servers.map(\.description).joined(separator: ",")
      self.operatorName = operatorName
      self.token = token
      // The configuration may have been read by a relative path.
      caFile = platform.nats.tls.caFile.map { AbsolutePath.of($0) ?? $0 }
    }

    /// The YAML of the file, which `operator add` prints.
    public func yaml(named name: String) -> String {
      var lines = [
        "contexts:", "  \(name):", "    url: \(url)", "    operator: \(operatorName)", "    token: \(token)",
      ]
      if let caFile { lines.append("    ca_file: \(caFile)") }
      return lines.joined(separator: "\n") + "\n"
    }

    fileprivate var node: Node {
      var pairs: [(Node, Node)] = [
        (Node("url"), Node(url)), (Node("operator"), Node(operatorName)), (Node("token"), Node(token)),
      ]
      if let caFile { pairs.append((Node("ca_file"), Node(caFile))) }
      return Node(pairs)
    }
  }

  /// The path of the file.
  public var path: String

  /// Creates a file at a path.
  public init(path: String) {
    self.path = path
  }

  /// The file that `plsctl` reads: `$PLSCTL_CONFIG`, else `$XDG_CONFIG_HOME/plusclouds/contexts.yaml`, else
  /// `~/.config/plusclouds/contexts.yaml`; nil when there is no home folder.
  public init?(environment: [String: String]) {
    if let path = environment["PLSCTL_CONFIG"], !path.isEmpty {
      self.path = path
    } else if let folder = environment["XDG_CONFIG_HOME"], AbsolutePath.isAbsolute(folder) {
      path = "\(folder)/plusclouds/contexts.yaml"
    } else if let home = environment["HOME"], AbsolutePath.isAbsolute(home) {
      path = "\(home)/.config/plusclouds/contexts.yaml"
    } else {
      return nil
    }
  }

  /// The token of a context; nil when it does not exist.
  public func token(of name: String) throws -> String? { try value("token", of: name) }

  /// The servers of a context; nil when it does not exist.
  func url(of name: String) throws -> String? { try value("url", of: name) }

  private func value(_ key: String, of name: String) throws -> String? {
    let contexts = try read()?.mapping?["contexts"]?.mapping
    try checkSpelling(of: name, in: contexts)
    return contexts?[Node(name)]?.mapping?[Node(key)]?.scalar?.string
  }

  /// Checks that the file has no context whose name is a canonical equivalent of `name`. YAML nodes are compared that
  /// way, so that one would be read or replaced in place of the other.
  private func checkSpelling(of name: String, in contexts: Node.Mapping?) throws(FileError) {
    for key in contexts?.keys.compactMap({ $0.scalar?.string }) ?? []
    where key == name && !key.hasSameBytes(as: name) {
      throw FileError(path, "has a context whose name differs in its Unicode form only: rename one of them")
    }
  }

  /// Adds or replaces a context and makes it the current one. The others are kept.
  public func write(_ context: Context, named name: String) throws {
    var root = try read() ?? Node.mapping(Node.Mapping([]))
    if root.mapping == nil { throw FileError(path, "holds no contexts: repair it or move it away") }
    root.mapping?["current"] = Node(name)
    var contexts = root.mapping?["contexts"] ?? Node.mapping(Node.Mapping([]))
    if contexts.mapping == nil { contexts = Node.mapping(Node.Mapping([])) }
    try checkSpelling(of: name, in: contexts.mapping)
    contexts.mapping?[Node(name)] = context.node
    root.mapping?["contexts"] = contexts
    if let folder = AbsolutePath.parent(of: path), !folder.isEmpty {
      try PrivateFile.makeFolder(folder)
    }
    try PrivateFile.write(try Yams.serialize(node: root), to: path, replaces: true)
  }

  private func read() throws -> Node? {
    do throws(FileError) {
      let text = try TextFile(path: path, limit: 1 << 20).text
      do {
        let node = try Yams.compose(yaml: text)
        return node?.null == nil ? node : nil
      } catch {
        throw FileError(path, "is not valid YAML: repair it or move it away")
      }
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }
}

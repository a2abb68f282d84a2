import Glibc

/// The output of `init`: keys, configurations of the servers, and a matching platform.yaml. Nothing is overwritten.
public struct Initialisation: Sendable {
  /// The folder to write to.
  public var folder: String
  /// The hosts of the servers: one, or those of a cluster.
  public var hosts: [String]
  /// The port for clients.
  public var port: Int
  /// The port for clients over WebSocket; nil: none.
  public var webSocketPort: Int?
  /// The port between the servers of a cluster.
  public var clusterPort: Int
  /// JetStream's folder on the servers.
  public var storeFolder: String
  /// TLS for clients, WebSocket and cluster.
  public var tls: ServerConfiguration.TLS?
  /// The group that may read keys and platform.yaml, but not change them; nil: their owner only.
  public var group: UInt32?

  /// The group of the packaged service; nil when it does not exist, or this process may not give files to it.
  public static var serviceGroup: UInt32? { geteuid() == 0 ? group(named: "plusclouds-platform") : nil }

  /// The id of a group; nil when it does not exist.
  public static func group(named name: String) -> UInt32? { getgrnam(name)?.pointee.gr_gid }

  /// Creates the output for one server on the platform's own machine.
  public init(
    folder: String, hosts: [String] = ["127.0.0.1"], port: Int = 4222, webSocketPort: Int? = 8443,
    clusterPort: Int = 6222, storeFolder: String = "/var/lib/nats", tls: ServerConfiguration.TLS? = nil
  ) {
    self.folder = folder
    self.hosts = hosts
    self.port = port
    self.webSocketPort = webSocketPort
    self.clusterPort = clusterPort
    self.storeFolder = storeFolder
    self.tls = tls
  }

  /// The names of the servers' files.
  public var serverFiles: [String] {
    hosts.count == 1 ? ["nats-server.conf"] : hosts.indices.map { "nats-server-\($0 + 1).conf" }
  }

  /// Writes the files.
  ///
  /// - Returns: The paths, in the order in which they were written.
  /// - Throws: ``FileError``, with code `EEXIST` when one of them exists; none is written then.
  public func run() throws -> [String] {
    let keysFolder = folder + "/keys"
    let keyFiles = PlatformKeys.fileNames.map { "\(keysFolder)/\($0)" }
    let servers = serverFiles.map { "\(folder)/\($0)" }
    let platform = folder + "/platform.yaml"
    for path in keyFiles + servers + [platform] {
      var status = stat()
      guard lstat(path, &status) != 0 else {
        throw FileError(path, cannot: "written", EEXIST)
      }
    }
    if let group { try PrivateFile.makeFolder(folder, group: group) }
    let keys = try PlatformKeys()
    try keys.write(to: keysFolder, group: group)
    let password = TokenKind.secret()
    for (index, path) in servers.enumerated() {
      let configuration = server(index, keys.publicKeys, password)
      try PrivateFile.write(configuration.text, to: path, replaces: false)
    }
    let file = PlatformFile(
      url: hosts.map { "\(tls == nil ? "nats" : "tls")://\(ListenAddress(host: $0, port: port))" }
        .joined(separator: ","),
      keysFolder: "keys", caFile: tls?.caFile, replicas: hosts.count >= 3 ? 3 : 1)
    try PrivateFile.write(file.text, to: platform, replaces: false, group: group)
    return keyFiles + servers + [platform]
  }

  private func server(
    _ index: Int, _ keys: ServerConfiguration.Keys, _ password: String
  ) -> ServerConfiguration {
    // A single server on the loopback needs no other address.
    let isLocal = hosts == ["127.0.0.1"] || hosts == ["localhost"]
    let address = isLocal && tls == nil ? "127.0.0.1" : "0.0.0.0"
    var configuration = ServerConfiguration(
      name: hosts.count == 1 ? "plusclouds" : "plusclouds-\(index + 1)",
      listen: ListenAddress(host: address, port: port),
      webSocket: webSocketPort.map { ListenAddress(host: address, port: $0) },
      storeFolder: storeFolder, keys: keys, tls: tls)
    if hosts.count > 1 {
      configuration.cluster = ServerConfiguration.Cluster(
        name: "plusclouds", listen: ListenAddress(host: "0.0.0.0", port: clusterPort),
        routes: hosts.map { ListenAddress(host: $0, port: clusterPort).description }, password: password)
    }
    return configuration
  }
}

extension TokenKind {
  /// A random secret without a token's prefix.
  fileprivate static func secret() -> String {
    String(TokenKind.agent.makeToken().dropFirst(TokenKind.agent.rawValue.count))
  }
}

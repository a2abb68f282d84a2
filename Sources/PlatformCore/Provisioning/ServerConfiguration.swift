/// The configuration of a nats-server for this platform: accounts, callout, JetStream, WebSocket.
public struct ServerConfiguration: Sendable {
  /// The public halves of the platform's keys.
  public struct Keys: Sendable, Hashable {
    /// The account key that signs the responses of the callout.
    public var issuer: String
    /// The platform's user in the account of the fleet.
    public var platform: String
    /// The platform's user in the system account.
    public var system: String
    /// The key that requests of the callout are encrypted for.
    public var xkey: String?
  }

  /// PEM files for TLS.
  public struct TLS: Sendable, Hashable {
    /// The certificate with its chain.
    public var certificateFile: String
    /// The key of the certificate.
    public var keyFile: String
    /// The authorities that the certificates of clients and of other servers are verified against.
    public var caFile: String?

    /// Creates a set of files, with paths on the server.
    public init(certificateFile: String, keyFile: String, caFile: String? = nil) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.caFile = caFile
    }
  }

  /// The routes of a cluster.
  public struct Cluster: Sendable, Hashable {
    /// The name of the cluster.
    public var name: String
    /// The address for the other servers.
    public var listen: ListenAddress
    /// `host:port` of all servers.
    public var routes: [String]
    /// The password of the routes.
    public var password: String
  }

  /// The server's name, unique in a cluster.
  public var name: String
  /// The address for clients.
  public var listen: ListenAddress
  /// The address for clients over WebSocket.
  public var webSocket: ListenAddress?
  /// The folder of JetStream.
  public var storeFolder: String
  /// The account of the fleet.
  public var account = "FLEET"
  /// The public halves of the platform's keys.
  public var keys: Keys
  /// TLS; nil: none.
  public var tls: TLS?
  /// The cluster; nil: a single server.
  public var cluster: Cluster?
  /// The log file; nil: standard error.
  public var logFile: String?

  /// The content of `nats-server.conf`.
  public var text: String {
    """
    # nats-server 2.10.27 or newer, and not 2.11.0. Everybody but the platform itself is let in, or not, by the platform (auth callout).
    server_name: \(Self.quoted(name))
    listen: \(Self.quoted(listen.description))
    \(logFile.map { "log_file: \(Self.quoted($0))\nlogfile_size_limit: 10MB\nlogfile_max_num: 2\n" } ?? "")\
    \(tls.map { Self.block("tls", $0, indent: "") } ?? "")
    jetstream {
      store_dir: \(Self.quoted(storeFolder))
    }
    \(webSocketBlock)
    accounts {
      \(account) {
        jetstream: enabled
        users: [ { nkey: \(keys.platform) } ]
    \(Self.recordImports)
      }
    \(Self.recordAccount(importedBy: account))
      # The platform sees and ends connections from here.
      CONTROL {
        users: [ { nkey: \(keys.system) } ]
        imports: [
          { service: { account: SYS, subject: "$SYS.REQ.SERVER.PING" } }
          { service: { account: SYS, subject: "$SYS.REQ.SERVER.PING.CONNZ" } }
          { service: { account: SYS, subject: "$SYS.REQ.SERVER.*.KICK" } }
          { stream: { account: SYS, subject: "$SYS.SERVER.*.SHUTDOWN" } }
        ]
      }
      # A user of this account can remove what any account stores. To add one of your own, take the limits away.
      SYS {
        limits: { max_connections: 0, max_leafnodes: 0 }
        exports: [
          { service: "$SYS.REQ.SERVER.PING", response: stream, accounts: [ CONTROL ] }
          { service: "$SYS.REQ.SERVER.PING.CONNZ", response: stream, accounts: [ CONTROL ] }
          { service: "$SYS.REQ.SERVER.*.KICK", accounts: [ CONTROL ] }
          { stream: "$SYS.SERVER.*.SHUTDOWN", accounts: [ CONTROL ] }
        ]
      }
    }
    system_account: SYS

    authorization {
      # A fleet comes back all at once after an outage: leave it the time.
      timeout: 5
      auth_callout {
        issuer: \(keys.issuer)
        account: \(account)
        auth_users: [ \(keys.platform), \(keys.system) ]
        \(keys.xkey.map { "xkey: \($0)" } ?? "# no xkey: requests of the callout are signed, not encrypted")
      }
    }
    \(clusterBlock)
    """
  }

  private var webSocketBlock: String {
    guard let webSocket else { return "" }
    let security =
      tls.map { Self.block("tls", $0, indent: "  ") }
      ?? "  # Without TLS: put a proxy that has it in front, or keep it on the loopback.\n  no_tls: true"
    return """

      websocket {
        listen: \(Self.quoted(webSocket.description))
        compression: true
      \(security)
      }

      """
  }

  private var clusterBlock: String {
    guard let cluster else { return "" }
    let routes = cluster.routes.map { "    \(Self.quoted("nats://route:\(cluster.password)@\($0)"))" }
    let tls =
      tls.map {
        "  # Servers check each other both ways: the certificate has to be one for clients, too.\n"
          + Self.block("tls", $0, indent: "  ") + "\n"
      } ?? ""
    return """

      cluster {
        name: \(Self.quoted(cluster.name))
        listen: \(Self.quoted(cluster.listen.description))
        authorization { user: route, password: \(Self.quoted(cluster.password)) }
      \(tls)  routes: [
      \(routes.joined(separator: "\n"))
        ]
      }

      """
  }

  private static func block(_ name: String, _ tls: TLS, indent: String) -> String {
    var lines = [
      "\(name) {", "  cert_file: \(quoted(tls.certificateFile))", "  key_file: \(quoted(tls.keyFile))",
    ]
    if let ca = tls.caFile { lines.append("  ca_file: \(quoted(ca))") }
    lines.append("}")
    return lines.map { indent + $0 }.joined(separator: "\n")
  }

  /// Quotes a string for nats-server's configuration.
  static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

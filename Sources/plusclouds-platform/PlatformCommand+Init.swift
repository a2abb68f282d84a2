import ArgumentParser
import PlatformAPI
import PlatformCore

extension PlatformCommand {
  /// `init`
  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "init",
      abstract: "Writes keys, the configuration of nats-server, and a matching platform.yaml.",
      discussion: """
        Nothing is overwritten. One --host: a single server; three: a cluster with a file for each of them.
          plusclouds-platform init platform
          plusclouds-platform init platform --host n1.example.com,n2.example.com,n3.example.com \\
            --tls-cert /etc/nats/cert.pem --tls-key /etc/nats/key.pem --tls-ca /etc/nats/ca.pem
        """)

    @Argument(help: "The folder to write to.")
    var folder: String
    @Option(help: "The hosts of the servers, separated by commas.")
    var host = "127.0.0.1"
    @Option(help: "The port for clients.")
    var port: UInt16 = 4222
    @Option(help: "The port for clients over WebSocket; 0: none.")
    var websocketPort: UInt16 = 8443
    @Option(help: "The port between the servers of a cluster.")
    var clusterPort: UInt16 = 6222
    @Option(help: "JetStream's folder on the servers.")
    var storeDir = "/var/lib/nats"
    @Option(
      help: ArgumentHelp("The servers' certificate (PEM), with its path on the servers.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("Its key.", valueName: "file"))
    var tlsKey: String?
    @Option(help: ArgumentHelp("The authority that signed it, when it is a private one.", valueName: "file"))
    var tlsCa: String?
    @Option(
      help: ArgumentHelp(
        "The group that may read keys and platform.yaml (default: plusclouds-platform if it exists and root runs this).",
        valueName: "name"))
    var group: String?
    @Flag(help: "Without TLS, although others can listen: tokens go over the network in clear.")
    var noTls = false

    private var hostList: [String] {
      host.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func validate() throws {
      let hosts = hostList
      guard [1, 3, 5].contains(hosts.count) else {
        throw ValidationError("--host takes one host, or the three or five of a cluster, not \(hosts.count)")
      }
      if let problem = ServerHosts.problem(hosts) { throw ValidationError("--host: \(problem)") }
      var ports: [(option: String, port: UInt16)] = [("--port", port)]
      if websocketPort != 0 { ports.append(("--websocket-port", websocketPort)) }
      if hosts.count > 1 { ports.append(("--cluster-port", clusterPort)) }
      if let problem = ServerHosts.problem(ports: ports) { throw ValidationError(problem) }
      guard tlsCert != nil || noTls || host == "127.0.0.1" else {
        throw ValidationError(
          "\(host) requires --tls-cert and --tls-key, or --no-tls, which sends tokens in clear text"
        )
      }
      guard tlsCert == nil || !noTls else { throw ValidationError("--no-tls contradicts --tls-cert") }
      guard (tlsCert == nil) == (tlsKey == nil) else {
        throw ValidationError("--tls-cert and --tls-key go together")
      }
      if let group, Initialisation.group(named: group) == nil {
        throw ValidationError("--group: there is no group \(group.debugDescription)")
      }
      guard tlsCa == nil || tlsCert != nil else {
        throw ValidationError("--tls-ca requires --tls-cert and --tls-key")
      }
    }

    private static func absolute(_ path: String) -> String {
      AbsolutePath.of(path, home: ConfigurationOption.environment["HOME"]) ?? path
    }

    func run() throws {
      var tls: ServerConfiguration.TLS?
      if let tlsCert, let tlsKey {
        // What is written is read from other folders: by the servers, the platform and plsctl.
        tls = ServerConfiguration.TLS(
          certificateFile: Self.absolute(tlsCert), keyFile: Self.absolute(tlsKey),
          caFile: tlsCa.map(Self.absolute))
      }
      var initialisation = Initialisation(
        folder: folder, hosts: hostList, port: Int(port),
        webSocketPort: websocketPort == 0 ? nil : Int(websocketPort), clusterPort: Int(clusterPort),
        storeFolder: Self.absolute(storeDir), tls: tls)
      initialisation.group = group.map(Initialisation.group(named:)) ?? Initialisation.serviceGroup
      do {
        for path in try initialisation.run() { Output.line("wrote \(path)") }
      } catch {
        throw Output.fail(error)
      }
      let server = initialisation.serverFiles.count == 1 ? "the server" : "each server, with its own file"
      Output.line(
        """

        Next:
          on \(server): nats-server -c \(folder)/\(initialisation.serverFiles[0])
          plusclouds-platform check --config \(folder)/platform.yaml
          plusclouds-platform operator add NAME --role admin --config \(folder)/platform.yaml
          plusclouds-platform serve --config \(folder)/platform.yaml
        The files in \(folder)/keys are secret: their holder can authorize any connection.
        """)
    }
  }
}

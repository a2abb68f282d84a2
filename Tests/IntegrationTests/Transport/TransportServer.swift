import Foundation

/// A nats-server on ports of its own choice.
final class TransportServer {
  private struct Ports: Decodable {
    var nats: [String]?
    var websocket: [String]?
  }

  private let program: TransportProgram
  let port: Int
  let webSocketPort: Int?

  private init(program: TransportProgram, port: Int, webSocketPort: Int?) {
    self.program = program
    self.port = port
    self.webSocketPort = webSocketPort
  }

  /// Starts a server, runs the body and ends the server.
  static func with<R>(
    _ configuration: String, _ body: (TransportServer) async throws -> R
  ) async throws -> R {
    let folder = try TransportProgram.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("server.conf")
    try "listen: \"127.0.0.1:-1\"\nports_file_dir: \"\(folder.path)\"\n\(configuration)\n"
      .write(to: file, atomically: true, encoding: .utf8)
    let program = try TransportProgram(
      TransportProgram.find("nats-server", variable: "NATS_SERVER"), ["-c", file.path], in: folder)
    defer { program.stop() }
    let portsFile = folder.appendingPathComponent("nats-server_\(program.process.processIdentifier).ports")
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(20)
    while clock.now < deadline {
      if let data = try? Data(contentsOf: portsFile),
        let ports = try? JSONDecoder().decode(Ports.self, from: data),
        let port = ports.nats?.first.flatMap(Self.port)
      {
        let server = TransportServer(
          program: program, port: port, webSocketPort: ports.websocket?.first.flatMap(Self.port))
        return try await body(server)
      }
      if !program.process.isRunning { break }
      try await clock.sleep(for: .milliseconds(10))
    }
    let logs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.lastPathComponent.hasPrefix("log-") }
      .map { try String(contentsOf: $0, encoding: .utf8) }
    throw TransportProgram.Missing(description: "nats-server did not start: \(logs.joined())")
  }

  private static func port(_ url: String) -> Int? {
    url.split(separator: ":").last.flatMap { Int($0) }
  }
}

import Clocks
import Encoding
import Glibc
import PlatformAPI
import Yams

/// An `agent.yaml` for the developer's machine: an agent's identity, and a token that enrolls it at its first
/// connection.
struct AgentFile: Sendable {
  var path: String

  /// Returns the text of the file. Writes a new one unless the existing one can still authenticate.
  func ensure(url: String, stateFolder: String, registry: Registry) async throws -> String {
    if let text = current(registry), text.contains("url: \(url)\n") { return text }
    let token = try await registry.createEnrollment(lifetime: 30 * 86_400, by: "platform").token
    var generator = SystemRandomNumberGenerator()
    let text = Self.text(
      url: url, uuid: Self.uuid(using: &generator), token: token, stateFolder: stateFolder)
    try PrivateFile.write(text, to: path, replaces: true)
    return text
  }

  private func current(_ registry: Registry) -> String? {
    do {
      let text = try TextFile(path: path, limit: 1 << 16).text
      guard let nats = try Yams.compose(yaml: text)?.mapping?["nats"]?.mapping,
        let uuid = nats["agent_uuid"]?.scalar?.string, let token = nats["api_key"]?.scalar?.string
      else { return nil }
      if let record = registry.agent(uuid) {
        return record.validToken(token, at: WallClock.now) == nil ? nil : text
      }
      let id = EnrollmentRecord.id(of: token)
      return registry.openEnrollments().contains { $0.id == id } ? text : nil
    } catch {
      // A missing or unreadable file is replaced.
      return nil
    }
  }

  static func text(url: String, uuid: String, token: String, stateFolder: String) -> String {
    """
    nats:
      url: \(url)
      agent_uuid: \(uuid)
      api_key: \(token)
    agent:
      heartbeat_interval: 10s
      telemetry_interval: 5s
      state_dir: \(stateFolder)
      allowed_operations: [agent.allowed_operations, agent.status, agent.cancel, system.info, system.metrics, system.cpu, system.memory, system.disk, system.network, services.list, services.get, telemetry.set_interval, logs.tail, exec]
      allowed_commands: [/usr/bin/uptime, /usr/bin/uname, /usr/bin/df]

    """
  }

  /// Generates a random uuid (RFC 9562, version 4).
  static func uuid(using generator: inout some RandomNumberGenerator) -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var rest = Hexadecimal.encode(bytes)[...]
    return [8, 4, 4, 4, 12].map { length in
      defer { rest = rest.dropFirst(length) }
      return String(rest.prefix(length))
    }.joined(separator: "-")
  }
}

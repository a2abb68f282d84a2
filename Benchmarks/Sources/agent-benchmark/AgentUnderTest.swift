import Glibc
import Loopback

/// A real agent on the benchmark's server.
final class AgentUnderTest {
  static let uuid = "5d0b7ac2-6a43-4a5e-9b4e-0d3f2f3a7c11"
  static let commands = "agent.vm.\(uuid).cmd"
  static let events = "agent.vm.\(uuid).evt"

  private let process: ChildProcess
  private let configuration: String

  init(binary: String, port: UInt16) throws {
    configuration = "/tmp/agent-benchmark-\(getpid()).yaml"
    guard let file = fopen(configuration, "w") else {
      throw BenchmarkFailure("\(configuration) can't be written")
    }
    fputs(
      """
      nats: { url: "nats://127.0.0.1:\(port)", agent_uuid: \(Self.uuid), api_key: benchmark }
      agent:
        heartbeat_interval: 1h
        telemetry_interval: 1h
        allowed_operations: [system.memory, system.disk, system.network, system.cpu, exec]
        allowed_commands: [/bin/true]
      iso: { mount_path: /nonexistent }

      """, file)
    fclose(file)
    chmod(configuration, 0o600)
    process = try ChildProcess(binary, ["--config", configuration], standardOutput: "/dev/null")
  }

  deinit {
    process.end()
    unlink(configuration)
  }

  var processorSeconds: Double { process.processorSeconds }
}

import Glibc
import Loopback

/// A nats-server with a given configuration, on the loopback.
final class ServerUnderTest {
  let port: UInt16
  private let configuration: String
  private let log: String
  private(set) var process: ChildProcess

  init(configuration: String, port: UInt16, log: String) throws {
    self.configuration = configuration
    self.port = port
    self.log = log
    process = try Self.start(configuration, port, log)
  }

  var url: String { "nats://127.0.0.1:\(port)" }

  /// Kills the server and restarts it at once.
  func restart() throws {
    process.end()
    process = try Self.start(configuration, port, log)
  }

  func end() { process.end() }

  private static func start(_ configuration: String, _ port: UInt16, _ log: String) throws -> ChildProcess {
    let process = try ChildProcess(
      try ServerProgram.path(), ["-c", configuration, "-l", log], standardOutput: "/dev/null")
    let deadline = time(nil) + 30
    while !RawConnection.accepts(port: port) {
      guard time(nil) < deadline else { throw BenchmarkFailure("nats-server did not start: see \(log)") }
      usleep(5_000)
    }
    return process
  }

  /// Lines of the log that contain `words`, in lower case.
  func logged(_ words: String) -> Int {
    guard let text = TextOf.file(log) else { return 0 }
    return text.split(separator: "\n").count { $0.lowercased().contains(words) }
  }

  /// A port outside of the ephemeral range.
  static func freePort() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 10_240..<32_768)
      if !RawConnection.accepts(port: port) { return port }
    }
    throw BenchmarkFailure("no free port")
  }
}

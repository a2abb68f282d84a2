import Glibc

/// A nats-server for the benchmark, on free ports of the loopback.
package final class BenchmarkServer {
  package let port: UInt16
  package let webSocketPort: UInt16
  private let process: ChildProcess
  private let folder: String

  /// Starts the server.
  ///
  /// - Parameter configuration: The configuration without the addresses.
  package init(configuration: String = "") throws {
    port = try RawConnection.freePort()
    webSocketPort = try RawConnection.freePort()
    var template = Array("/tmp/nats-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchmarkFailure("no folder can be made in /tmp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = folder + "/server.conf"
    guard let file = fopen(path, "w") else { throw BenchmarkFailure("\(path) can't be written") }
    fputs(
      """
      host: 127.0.0.1
      port: \(port)
      websocket { host: 127.0.0.1, port: \(webSocketPort), no_tls: true }
      \(configuration)

      """, file)
    fclose(file)
    process = try ChildProcess(try ServerProgram.path(), ["-c", path, "-l", folder + "/server.log"])
    let deadline = time(nil) + 20
    while !RawConnection.accepts(port: port) || !RawConnection.accepts(port: webSocketPort) {
      guard time(nil) < deadline else { throw BenchmarkFailure("nats-server did not start") }
      usleep(20_000)
    }
  }

  deinit {
    process.end()
    unlink(folder + "/server.conf")
    unlink(folder + "/server.log")
    rmdir(folder)
  }
}

import Glibc

/// A nats-server of the benchmark's own, on free ports of the loopback.
package final class BenchmarkServer {
  package let port: UInt16
  package let webSocketPort: UInt16
  private let process: ChildProcess
  private let folder: String

  package init() throws {
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

      """, file)
    fclose(file)
    process = try ChildProcess(try Self.binary(), ["-c", path, "-l", folder + "/server.log"])
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

  private static func binary() throws -> String {
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    var candidates: [String] = []
    if let named = getenv("NATS_SERVER") { candidates.append(String(cString: named)) }
    candidates.append("/\(package)/.tools/bin/nats-server")
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    candidates += path.split(separator: ":").map { "\($0)/nats-server" }
    if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
    throw BenchmarkFailure("no nats-server found: set NATS_SERVER or install one to .tools/bin/nats-server")
  }
}

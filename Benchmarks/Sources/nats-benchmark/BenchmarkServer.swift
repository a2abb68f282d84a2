import Glibc

/// A nats-server of the benchmark's own, on free ports of the loopback.
final class BenchmarkServer {
  let port: UInt16
  let webSocketPort: UInt16
  private let pid: pid_t
  private let folder: String

  init() throws {
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
    pid = try Self.spawn(try Self.binary(), ["-c", path, "-l", folder + "/server.log"])
    let deadline = time(nil) + 20
    while !RawConnection.accepts(port: port) || !RawConnection.accepts(port: webSocketPort) {
      guard time(nil) < deadline else { throw BenchmarkFailure("nats-server did not start") }
      usleep(20_000)
    }
  }

  deinit {
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    unlink(folder + "/server.conf")
    unlink(folder + "/server.log")
    rmdir(folder)
  }

  private static func spawn(_ path: String, _ arguments: [String]) throws -> pid_t {
    var argv = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    guard posix_spawn(&pid, path, nil, nil, &argv, environ) == 0 else {
      throw BenchmarkFailure("\(path) can't be started")
    }
    return pid
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

struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

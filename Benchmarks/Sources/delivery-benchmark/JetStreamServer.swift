import Glibc
import Loopback
import PlatformCore

/// A nats-server with JetStream on disk, on a free port of the loopback.
final class JetStreamServer {
  let url: String
  private let process: ChildProcess
  private let folder: String

  init() throws {
    let port = try RawConnection.freePort()
    url = "nats://127.0.0.1:\(port)"
    var template = Array("/tmp/delivery-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchmarkFailure("no folder can be made in /tmp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let program = getenv("NATS_SERVER").map { String(cString: $0) } ?? "nats-server"
    try Self.write(Self.configuration(port: port, folder: folder), to: folder + "/server.conf")
    process = try ChildProcess(program, ["-c", folder + "/server.conf", "-l", folder + "/server.log"])
    let deadline = time(nil) + 20
    while !RawConnection.accepts(port: port) {
      guard time(nil) < deadline else { throw BenchmarkFailure("nats-server did not start") }
      usleep(20_000)
    }
  }

  deinit {
    process.end()
    Self.remove(folder)
  }

  /// The processor time of the server in seconds.
  var processorSeconds: Double { process.processorSeconds }

  /// The accounts of a platform; clients without credentials belong to the account of the platform.
  private static func configuration(port: UInt16, folder: String) -> String {
    """
    listen: "127.0.0.1:\(port)"
    jetstream { store_dir: "\(folder)/store" }
    accounts {
      FLEET {
        jetstream: enabled
        users: [ { user: fleet, password: fleet } ]
    \(ServerConfiguration.recordImports)
      }
    \(ServerConfiguration.recordAccount(importedBy: "FLEET"))
    }
    no_auth_user: fleet

    """
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw BenchmarkFailure("\(path) can't be written") }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw BenchmarkFailure("\(path) can't be written") }
  }

  /// Removes a folder with its contents; links are removed and not followed.
  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR, let entries = opendir(path) else {
      unlink(path)
      return
    }
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { remove(path + "/" + name) }
    }
    closedir(entries)
    rmdir(path)
  }
}

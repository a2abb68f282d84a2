import Glibc
import NATSTesting

/// Programs other than nats-server that the transport tests run.
enum TransportPrograms {
  /// Finds a program in `PATH` or in the directories of system programs.
  static func find(_ name: String) throws -> String {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin"]
    guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
      throw NATSServerProcess.Failure(description: "\(name) is not installed")
    }
    return "\(folder)/\(name)"
  }

  /// Runs a program and waits for its end.
  static func run(_ name: String, _ arguments: [String]) throws {
    let pid = try ChildProcess.spawn(find(name), arguments)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    guard status == 0 else {
      throw NATSServerProcess.Failure(description: "\(name) \(arguments.joined(separator: " ")) failed")
    }
  }

  /// Runs a program for the duration of `body`.
  static func with<R>(
    _ name: String, _ arguments: [String], _ body: () async throws -> R
  ) async throws -> R {
    let pid = try ChildProcess.spawn(find(name), arguments)
    defer {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    }
    return try await body()
  }
}

extension NATSServerProcess {
  /// Runs a server for the duration of `body`.
  static func with<R>(
    _ configuration: (Ports) -> String = { _ in "" }, _ body: (NATSServerProcess) async throws -> R
  ) async throws -> R {
    let server = try await start(configuration)
    defer { server.stop() }
    return try await body(server)
  }
}

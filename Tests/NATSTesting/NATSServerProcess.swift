import Glibc
import Locks

/// A nats-server of the test's own, on free ports of the loopback, with a folder of its own for configuration and log.
///
/// The program is `$NATS_SERVER`, else `.tools/bin/nats-server` in the package, else `nats-server` in `PATH`.
package final class NATSServerProcess: Sendable {
  /// Ports that were free when the server was made; it keeps them over restarts.
  package struct Ports: Sendable {
    package var client: Int
    package var webSocket: Int
    package var cluster: Int
  }

  package struct Failure: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) {
      self.description = description
    }
  }

  private struct State {
    var pid: pid_t?
    var configuration: String
    /// Keeps the port from others while no server listens on it.
    var reservation: LoopbackPort?
  }

  package let ports: Ports
  package let folder: String
  private let state: Locked<State>

  package var url: String { "nats://127.0.0.1:\(ports.client)" }
  package var logPath: String { folder + "/server.log" }

  private init(ports: Ports, folder: String, configuration: String) {
    self.ports = ports
    self.folder = folder
    state = Locked(State(pid: nil, configuration: configuration))
  }

  deinit { discard() }

  /// Stops it for good and removes its folder.
  package func discard() {
    stop()
    FileTree.remove(folder)
  }

  /// Starts a server and waits until it is ready.
  ///
  /// - Parameter configuration: the configuration but for `host`, `port` and the log.
  package static func start(
    ports: Ports? = nil, _ configuration: (Ports) -> String = { _ in "" }
  ) async throws -> NATSServerProcess {
    var attempts = 3
    while true {
      let server = try make(ports: ports, configuration)
      do {
        try await server.start()
        return server
      } catch {
        attempts -= 1
        // Another process may have taken a port meanwhile.
        if attempts == 0 || ports != nil { throw error }
      }
    }
  }

  /// Makes a server that is not started yet.
  package static func make(ports: Ports? = nil, _ configuration: (Ports) -> String = { _ in "" }) throws
    -> NATSServerProcess
  {
    let ports = try ports ?? freePorts()
    let server = NATSServerProcess(
      ports: ports, folder: try FileTree.makeTemporary(), configuration: configuration(ports))
    server.reservePort()
    return server
  }

  /// Three ports that are free now.
  package static func freePorts() throws -> Ports {
    let sockets = try (0..<3).map { _ in try LoopbackPort.free() }
    return Ports(client: sockets[0].port, webSocket: sockets[1].port, cluster: sockets[2].port)
  }

  /// Starts it, after it was made or stopped, on the same ports.
  package func start() async throws {
    let binary = try Self.binary()
    let configuration = state.withLock { $0.configuration }
    let path = folder + "/server.conf"
    try FileTree.write(
      """
      host: 127.0.0.1
      port: \(ports.client)
      pid_file: "\(folder)/server.pid"
      \(configuration)
      """, to: path)
    state.withLock { $0.reservation = nil }
    // A program that another test is just about to start may hold a copy of the reservation until it runs.
    var attempts = 20
    while try await !isReady(binary, ["-c", path, "-l", logPath], mayRetry: attempts > 1) {
      attempts -= 1
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Starts the program once; false when a port was taken and it may be tried again.
  private func isReady(_ binary: String, _ arguments: [String], mayRetry: Bool) async throws -> Bool {
    FileTree.remove(logPath)
    let pid = try ChildProcess.spawn(binary, arguments)
    state.withLock { $0.pid = pid }
    let deadline = ContinuousClock.now + testTimeout
    while true {
      let log = FileTree.read(logPath) ?? ""
      if log.contains("Server is ready") { return true }
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) == pid {
        state.withLock { $0.pid = nil }
        if mayRetry, log.contains("address already in use") { return false }
        throw Failure(description: "nats-server ended while starting: \(log)")
      }
      guard ContinuousClock.now < deadline else {
        stop()
        throw Failure(description: "nats-server did not become ready: \(log)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Replaces the configuration and has the server read it.
  package func reload(_ configuration: String) throws {
    state.withLock { $0.configuration = configuration }
    try FileTree.write(
      """
      host: 127.0.0.1
      port: \(ports.client)
      pid_file: "\(folder)/server.pid"
      \(configuration)
      """, to: folder + "/server.conf")
    signal(SIGHUP)
  }

  /// Kills it at once and waits until it is gone.
  package func stop() {
    let pid = state.withLock { state in
      defer { state.pid = nil }
      return state.pid
    }
    guard let pid else { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    reservePort()
  }

  /// Best effort: a port that can't be held is no worse off than before.
  private func reservePort() {
    let reservation = try? LoopbackPort(port: ports.client)
    state.withLock { $0.reservation = reservation }
  }

  package func restart() async throws {
    stop()
    try await start()
  }

  /// Asks it to go into lame duck mode.
  package func enterLameDuckMode() { signal(SIGUSR2) }

  /// Stops it from running without ending it, as a machine that hangs would.
  package func freeze() { signal(SIGSTOP) }

  package func thaw() { signal(SIGCONT) }

  private func signal(_ number: Int32) {
    if let pid = state.withLock({ $0.pid }) { kill(pid, number) }
  }

  private static func binary() throws -> String {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var candidates: [String] = []
    if let named = getenv("NATS_SERVER") { candidates.append(String(cString: named)) }
    candidates.append("/\(package)/.tools/bin/nats-server")
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    candidates += path.split(separator: ":").map { "\($0)/nats-server" }
    if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
    throw Failure(
      description: "no nats-server found: set NATS_SERVER or install one to .tools/bin/nats-server")
  }
}

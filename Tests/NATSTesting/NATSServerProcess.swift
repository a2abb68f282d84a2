import Glibc
import Locks

/// A nats-server process on free ports of the loopback interface, with a temporary directory for its configuration and log.
///
/// The program is `$NATS_SERVER`, otherwise `.tools/bin/nats-server` in the package, otherwise `nats-server` in `PATH`.
package final class NATSServerProcess: Sendable {
  /// The ports of the server, which it keeps across restarts.
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
    /// Reserves the port while the server does not run.
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

  /// Stops the server and removes its directory.
  package func discard() {
    stop()
    FileTree.remove(folder)
  }

  /// Starts a server and waits until it is ready.
  ///
  /// - Parameter configuration: returns the configuration without `host`, `port` and the log.
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
        // Another process may have bound a port meanwhile.
        if attempts == 0 || ports != nil { throw error }
      }
    }
  }

  /// Creates a server without starting it.
  package static func make(ports: Ports? = nil, _ configuration: (Ports) -> String = { _ in "" }) throws
    -> NATSServerProcess
  {
    let ports = try ports ?? freePorts()
    let server = NATSServerProcess(
      ports: ports, folder: try FileTree.makeTemporary(), configuration: configuration(ports))
    server.reservePort()
    return server
  }

  /// Returns three free ports.
  package static func freePorts() throws -> Ports {
    let sockets = try (0..<3).map { _ in try LoopbackPort.free() }
    return Ports(client: sockets[0].port, webSocket: sockets[1].port, cluster: sockets[2].port)
  }

  /// Starts the server and waits until it is ready.
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
    // A child process of another test may hold a copy of the reservation until it executes its program.
    var attempts = 20
    while try await !isReady(binary, ["-c", path, "-l", logPath], mayRetry: attempts > 1) {
      attempts -= 1
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Starts the program once.
  ///
  /// - Returns: false if a port is in use and `mayRetry` is true.
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

  /// Replaces the configuration and reloads it.
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

  /// Kills the process and waits for its end.
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

  /// Reserves the client port. Best effort: without a reservation the port is merely more likely to be taken.
  private func reservePort() {
    let reservation = try? LoopbackPort(port: ports.client)
    state.withLock { $0.reservation = reservation }
  }

  package func restart() async throws {
    stop()
    try await start()
  }

  /// Starts lame duck mode.
  package func enterLameDuckMode() { signal(SIGUSR2) }

  /// Suspends the process, like a machine that hangs.
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

import Glibc
import Locks
import Logging
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct ServerChildTests {
  private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  private func child(in folder: String, port: Int) throws -> ServerChild {
    try FileTree.write(
      "listen: \"127.0.0.1:\(port)\"\npid_file: \"\(folder)/pid\"\n", to: folder + "/server.conf")
    let program = try ServerProgram.find(environment: ProgramEnvironment.current())
    return ServerChild(
      program: program, configurationFile: folder + "/server.conf", outputFile: folder + "/out",
      logger: logger)
  }

  /// The process of the server, once it differs from `former` and is ready.
  private func server(in folder: String, after former: pid_t = 0) async throws -> pid_t {
    try await within(testTimeout, "a nats-server") {
      while true {
        if let pid = FileTree.read(folder + "/pid").flatMap({ pid_t($0.filter(\.isNumber)) }), pid != former,
          FileTree.read(folder + "/out")?.contains("Server is ready") == true
        {
          return pid
        }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  @Test func serverIsRestartedWhenItEndsAndStopsWithItsTask() async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let child = try child(in: folder, port: try LoopbackPort.free().port)
    let last = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await child.run() }
      let first = try await server(in: folder)
      #expect(kill(first, SIGKILL) == 0)
      let second = try await server(in: folder, after: first)
      group.cancelAll()
      try await group.waitForAll()
      return second
    }
    #expect(kill(last, 0) != 0 && errno == ESRCH)
  }

  @Test func missingProgramDoesNotSpin() async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    var child = try child(in: folder, port: 4222)
    child.program = "/nowhere/nats-server"
    let started = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { [child] group in
      group.addTask { try await child.run() }
      group.addTask { try await Task.sleep(for: .milliseconds(50)) }
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(ContinuousClock.now - started < testTimeout)
  }
}

import CLinuxProcess
import Encoding
import Glibc
import Logging
import NIOPosix
import PlatformAPI

/// A nats-server as a child process. It ends with this process, even when this one is killed.
///
/// A dedicated thread starts the child and waits for it. The kernel ends the child when the thread that started it
/// ends (PR_SET_PDEATHSIG, prctl(2)), and threads of a pool end at any time. posix_spawn(3) cannot set that signal.
struct ServerChild: Sendable {
  /// The path of the program.
  var program: String
  /// The path of the configuration file.
  var configurationFile: String
  /// The file for its output, truncated at each start.
  var outputFile: String
  var logger: Logger

  /// The time between SIGTERM and SIGKILL, in milliseconds.
  private static let terminationTimeout: Int32 = 5_000

  /// Runs the server until the task is cancelled. Restarts it when it ends: at once, then after pauses of up to 5 s.
  ///
  /// - Throws: ``FileError`` when it cannot be started.
  func run() async throws {
    let thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    do {
      try await keepRunning(on: thread)
    } catch {
      try await thread.shutdownGracefully()
      throw error
    }
    try await thread.shutdownGracefully()
  }

  private func keepRunning(on thread: NIOThreadPool) async throws {
    var pause = Duration.zero
    while !Task.isCancelled {
      let started = ContinuousClock.now
      let stop = try StopPipe()
      let status = try await withTaskCancellationHandler {
        try await thread.runIfActive { try self.runOnce(stop) }
      } onCancel: {
        stop.signal()
      }
      if Task.isCancelled { return }
      // After a long run the restart is immediate.
      let ranLong = started.duration(to: .now) > .seconds(10)
      pause = ranLong ? .zero : min(pause * 2 + .milliseconds(100), .seconds(5))
      logger.error(
        "nats-server ended and is restarted",
        metadata: ["status": "\(status)", "log": "\(lastLine)", "pause": "\(pause)"])
      do {
        try await Task.sleep(for: pause)
      } catch {
        return
      }
    }
  }

  /// The last line of the server's output.
  private var lastLine: String {
    do throws(FileError) {
      let text = try TextFile(path: outputFile, limit: 1 << 20).text
      return text.split(separator: "\n").last.map(String.init) ?? ""
    } catch {
      return ""
    }
  }

  /// Runs the server once and blocks the current thread.
  ///
  /// - Returns: The exit status, or 128 + signal.
  private func runOnce(_ stop: StopPipe) throws -> Int32 {
    let output = open(outputFile, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw FileError(outputFile, cannot: "written", errno) }
    defer { close(output) }
    let words: [String] = [program, "-c", configurationFile]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let result = clp_spawn_bound(&pid, program, &arguments, environ, output, SIGTERM)
    guard result == 0 else { throw FileError(program, cannot: "started", -result) }
    return wait(for: pid, stop)
  }

  private func wait(for pid: pid_t, _ stop: StopPipe) -> Int32 {
    let process = clp_pidfd_open(pid)
    if process >= 0 {
      var events = [
        pollfd(fd: process, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop.readEnd, events: Int16(POLLIN), revents: 0),
      ]
      while poll(&events, 2, -1) < 0, errno == EINTR {}
      if events[0].revents == 0 {
        kill(pid, SIGTERM)
        while poll(&events, 1, Self.terminationTimeout) < 0, errno == EINTR {}
        if events[0].revents == 0 { kill(pid, SIGKILL) }
      }
      close(process)
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
  }
}

/// A pipe that wakes the thread that waits for the child.
private final class StopPipe: Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(FileError) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = clp_pipe(&ends.0, &ends.1)
    guard result == 0 else { throw FileError("a pipe", cannot: "made", -result) }
    (readEnd, writeEnd) = ends
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func signal() {
    var byte: UInt8 = 1
    // A full pipe wakes the thread as well.
    _ = write(writeEnd, &byte, 1)
  }
}

/// The nats-server of this machine.
enum ServerProgram {
  /// Finds nats-server: `$NATS_SERVER`, else in the absolute folders of `PATH`. The current folder is never searched,
  /// since it may belong to anyone.
  ///
  /// - Throws: ``FileError`` when none is found, or `$NATS_SERVER` is not executable.
  static func find(environment: [String: String]) throws(FileError) -> String {
    if let named = environment["NATS_SERVER"], !named.isEmpty {
      guard access(named, X_OK) == 0 else {
        throw FileError(named, "can't be run: NATS_SERVER has to be the path of a nats-server")
      }
      return named
    }
    let folders = (environment["PATH"] ?? "").bytesSplit(by: ":").filter { AbsolutePath.isAbsolute($0) }
    let candidates: [String] = folders.map { "\($0)/nats-server" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw FileError(
        "nats-server",
        "is in no absolute folder of PATH: install version 2.10.27 or newer, or set NATS_SERVER to its path")
    }
    return found
  }
}

import CLinuxProcess
import Glibc
import Logging
import NIOPosix

/// A nats-server as this process's child. It ends when this process does, also when that is killed.
///
/// A thread of its own starts it and waits for it, and does nothing else: the kernel ends the child when the thread that
/// started it ends (PR_SET_PDEATHSIG, prctl(2)), and threads of a pool come and go. Neither posix_spawn(3) nor a package on
/// top of it can arrange that.
struct ServerChild: Sendable {
  /// The program.
  var program: String
  /// Its configuration file.
  var configurationFile: String
  /// What it prints goes there, anew with each start.
  var outputFile: String
  var logger: Logger

  /// How long it may take to end once it was asked to.
  private static let patience: Int32 = 5_000

  /// Keeps it running: starts it again when it ends, at once and then after pauses of up to 5 s, until the task is cancelled.
  ///
  /// - Throws: ``FileProblem`` when it cannot even be started.
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
      // One that had run for a while is missed at once.
      let ranLong = started.duration(to: .now) > .seconds(10)
      pause = ranLong ? .zero : min(pause * 2 + .milliseconds(100), .seconds(5))
      logger.error(
        "nats-server ended; it is started again",
        metadata: ["status": "\(status)", "log": "\(lastLine)", "pause": "\(pause)"])
      do {
        try await Task.sleep(for: pause)
      } catch {
        return
      }
    }
  }

  /// The last that it said.
  private var lastLine: String {
    do throws(FileProblem) {
      let text = try TextFile(path: outputFile, limit: 1 << 20).text
      return text.split(separator: "\n").last.map(String.init) ?? ""
    } catch {
      return ""
    }
  }

  /// Runs it once, on a thread that it may have.
  ///
  /// - Returns: the exit status; 128 + signal when one ended it.
  private func runOnce(_ stop: StopPipe) throws -> Int32 {
    let output = open(outputFile, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw FileProblem(outputFile, cannot: "written", errno) }
    defer { close(output) }
    let words: [String] = [program, "-c", configurationFile]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let result = clp_spawn_bound(&pid, program, &arguments, environ, output, SIGTERM)
    guard result == 0 else { throw FileProblem(program, cannot: "started", -result) }
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
        while poll(&events, 1, Self.patience) < 0, errno == EINTR {}
        if events[0].revents == 0 { kill(pid, SIGKILL) }
      }
      close(process)
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
  }
}

/// Tells the thread that waits for the child that it shall end.
private final class StopPipe: Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(FileProblem) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = clp_pipe(&ends.0, &ends.1)
    guard result == 0 else { throw FileProblem("a pipe", cannot: "made", -result) }
    (readEnd, writeEnd) = ends
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func signal() {
    var byte: UInt8 = 1
    // A full pipe says the same.
    _ = write(writeEnd, &byte, 1)
  }
}

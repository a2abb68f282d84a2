import CLinuxProcess
import Clocks
import Glibc
import Locks

/// The read end of a program's output stream.
struct OutputPipe {
  /// -1 after the end of the stream.
  private(set) var descriptor: Int32
  private(set) var capture: OutputCapture
  private let stream: ProcessRequest.Stream
  private let onOutput: (@Sendable (ProcessRequest.Stream, [UInt8]) -> Void)?

  init(_ stream: ProcessRequest.Stream, of request: ProcessRequest, descriptor: Int32) {
    self.descriptor = descriptor
    self.stream = stream
    capture = OutputCapture(limit: request.outputLimit, account: request.outputAccount)
    onOutput = request.onOutput
  }

  var isOpen: Bool { descriptor >= 0 }

  /// Reads the available output, at most `rounds` buffers, so that a program with much output does not delay the others.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer, rounds: Int) {
    for _ in 0..<rounds where isOpen {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        capture.append(bytes)
        onOutput?(stream, Array(bytes))
      } else if count < 0, errno == EAGAIN {
        return
      } else if count == 0 || errno != EINTR {
        close()
      }
    }
  }

  mutating func close() {
    guard isOpen else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }
}

/// The pipes of a program's two output streams.
final class OutputPipes: Sendable {
  /// The read ends, owned by their reader.
  let readEnds: ProgramOutput
  let stdoutWriteEnd: Int32
  let stderrWriteEnd: Int32
  private let isOpen = Locked(true)

  /// - Parameter path: The program, for errors.
  init(toRun path: String) throws(ProcessError) {
    let startedAt = MonotonicClock.now()
    var stdout: (read: Int32, write: Int32) = (-1, -1)
    var stderr: (read: Int32, write: Int32) = (-1, -1)
    var result = clp_pipe(&stdout.read, &stdout.write)
    guard result == 0 else { throw .spawn(path, errno: -result) }
    result = clp_pipe(&stderr.read, &stderr.write)
    guard result == 0 else {
      close(stdout.read)
      close(stdout.write)
      throw .spawn(path, errno: -result)
    }
    readEnds = ProgramOutput(stdout: stdout.read, stderr: stderr.read, startedAt: startedAt)
    stdoutWriteEnd = stdout.write
    stderrWriteEnd = stderr.write
  }

  /// Closes the write ends of this process, so that the pipes end with the program's copies.
  func closeWriteEnds() {
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    guard wasOpen else { return }
    close(stdoutWriteEnd)
    close(stderrWriteEnd)
  }

  /// Closes the read ends when they have no reader.
  func closeReadEnds() {
    close(readEnds.stdout)
    close(readEnds.stderr)
  }

  deinit {
    closeWriteEnds()
  }
}

/// The read ends of a program's output pipes.
struct ProgramOutput: Sendable {
  let stdout: Int32
  let stderr: Int32
  /// CLOCK_MONOTONIC in nanoseconds, taken before the start.
  let startedAt: UInt64
}

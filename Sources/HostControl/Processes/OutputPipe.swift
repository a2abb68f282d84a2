import Glibc

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

import Glibc
import Loopback

/// The floor: a thread with a blocking socket that answers each command with precomputed bytes.
final class EchoResponder {
  private let port: UInt16
  private let answer: [UInt8]
  private let commandFrame: Int

  init(port: UInt16, commandFrame: Int, answer: [UInt8]) {
    self.port = port
    self.commandFrame = commandFrame
    self.answer = answer
  }

  /// Answers `count` commands on a separate thread, while `body` sends them.
  func answering<Result>(_ count: Int, _ body: () throws -> Result) throws -> Result {
    let connection = try RawConnection(port: port)
    connection.send("SUB \(AgentUnderTest.commands) 1\r\nPING\r\n")
    connection.readUntil("PONG\r\n")
    let work = Work { [answer, commandFrame] in
      var pending = 0
      var answered = 0
      while answered < count {
        let read = connection.readSome()
        guard read > 0 else { return }
        pending += read
        let complete = min(pending / commandFrame, count - answered)
        pending -= complete * commandFrame
        if complete > 0 { connection.send(Array(repeatElement(answer, count: complete).joined())) }
        answered += complete
      }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    defer { pthread_join(thread, nil) }
    return try body()
  }

  private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
      self.body = body
    }
  }
}

import Clocks
import Encoding
import JSON
import JetStream
import NATS
import NIOCore

/// The answers of all servers to one request.
enum ServerAnswers {
  /// An answer, with the times of the request and of its arrival, by this machine's clock in unix seconds.
  struct Timed: Sendable {
    var answer: JSONObject
    var sent: Double
    var received: Double
  }

  /// Requests the state of all servers.
  ///
  /// - Returns: The answers that arrive within half a second of the first; empty when no server answers within 5 s.
  static func ping(_ client: NATSClient) async throws -> [Timed] {
    let inbox = client.newInbox()
    let replies = try client.subscribe(to: inbox)
    defer { replies.unsubscribe() }
    let sent = WallClock.now
    try client.publish([], to: "$SYS.REQ.SERVER.PING", replyTo: inbox)
    return try await withThrowingTaskGroup(of: [Timed]?.self) { group in
      let first = Latch()
      group.addTask {
        var answers: [Timed] = []
        for await message in replies {
          if let answer = object(message) {
            answers.append(Timed(answer: answer, sent: sent, received: WallClock.now))
          }
          first.set()
        }
        return answers
      }
      group.addTask {
        await withTaskGroup(of: Void.self) { wait in
          wait.addTask { await first.wait() }
          // Cancelled when an answer arrives.
          wait.addTask { try? await Task.sleep(for: .seconds(5)) }
          await wait.next()
          wait.cancelAll()
        }
        // Cancelled with the check.
        try? await Task.sleep(for: .milliseconds(500))
        replies.unsubscribe()
        return nil
      }
      var answers: [Timed] = []
      while let result = try await group.next() {
        guard let result else { continue }
        answers = result
        group.cancelAll()
      }
      return answers
    }
  }

  /// The problem of this machine's clock in one line; nil when it agrees with the servers'.
  static func clockProblem(_ answers: [Timed]) -> String? {
    var clock = ClockAgreement()
    for (number, each) in answers.enumerated() {
      guard let text = each.answer["server"]?.objectValue?["time"]?.stringValue,
        let time = RFC3339.seconds(text)
      else { continue }
      clock.observe(server: "\(number)", sent: each.sent, received: each.received, time: time, now: 0)
    }
    return clock.problem
  }

  /// The object in an answer; nil for anything else: servers answer with JSON objects only.
  static func object(_ message: NATSMessage) -> JSONObject? {
    do {
      return try JSONReader.parse(Array(message.payload.readableBytesView)).objectValue
    } catch {
      return nil
    }
  }
}

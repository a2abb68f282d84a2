public import NATS

/// What JetStream refused, or why it can't be asked.
public struct JetStreamError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of a failure.
  public enum Code: Sendable, Hashable {
    /// There is no such stream, consumer, message or bucket.
    case notFound
    /// What was to be changed has been changed by somebody else before.
    case wrongLastSequence
    /// Nobody answers for it: no JetStream, a stream without a leader, or no stream on that subject.
    case noResponders
    /// No answer came in time. What was asked for may have been done or not.
    case timeout
    /// The calling task was cancelled.
    case cancelled
    /// A name, subject or value that JetStream does not take.
    case invalidArgument
    /// What came back is not what JetStream answers.
    case unusableReply
    /// JetStream refused it, with this number (`err_code` of ADR-7).
    case api(Int)
    /// The client could not send it; see ``JetStreamError/underlying``.
    case nats
  }

  /// The kind of failure.
  public var code: Code
  /// What happened, to what, and what to do. Carries no secret.
  public var message: String
  /// What the client said, where it was the client.
  public var underlying: NATSError?

  /// Makes an error.
  public init(_ code: Code, _ message: String, underlying: NATSError? = nil) {
    self.code = code
    self.message = message
    self.underlying = underlying
  }

  /// The message, behind the name of the code.
  public var description: String { "\(code): \(message)" }
}

extension JetStreamError {
  /// What a failure of the client means for a request about `what`.
  init(_ error: NATSError, about what: String) {
    let code: Code =
      switch error.code {
      case .noResponders: .noResponders
      case .timeout: .timeout
      case .cancelled: .cancelled
      case .invalidSubject: .invalidArgument
      default: .nats
      }
    self.init(code, "\(what): \(error.message)", underlying: error)
  }

  static func unusable(_ what: String) -> JetStreamError {
    JetStreamError(.unusableReply, "the answer about \(what) is not one of JetStream")
  }
}

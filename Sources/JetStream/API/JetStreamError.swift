public import NATS

/// An error of JetStream, or of a request to it.
public struct JetStreamError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error.
  public enum Code: Sendable, Hashable {
    /// The stream, consumer, message or bucket does not exist.
    case notFound
    /// Another client has made a change in between.
    case wrongLastSequence
    /// There are no responders: JetStream is not available, the stream has no leader, or no stream has the subject.
    case noResponders
    /// The request timed out. It may have been executed.
    case timeout
    /// The calling task was cancelled.
    case cancelled
    /// A name, subject or value is not valid.
    case invalidArgument
    /// The response is not a valid one of JetStream.
    case unusableReply
    /// JetStream rejected the request with this code (`err_code` of ADR-7).
    case api(Int)
    /// The client could not send the request; see ``JetStreamError/underlying``.
    case nats
  }

  /// The kind of error.
  public var code: Code
  /// The subject of the request, the cause and the remedy. Contains no secret.
  public var message: String
  /// The error of the client that caused this one.
  public var underlying: NATSError?

  /// Creates an error.
  public init(_ code: Code, _ message: String, underlying: NATSError? = nil) {
    self.code = code
    self.message = message
    self.underlying = underlying
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}

extension JetStreamError {
  /// Converts an error of the client. `what` is the subject of the request.
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
    JetStreamError(.unusableReply, "the response about \(what) is not a valid response of JetStream")
  }
}

/// An error of the client.
///
/// Further codes can be added, so a `switch` over ``code`` needs a default case.
public struct NATSError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of an error.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name of the code, stable across versions.
    public let description: String

    package init(_ description: String) {
      self.description = description
    }

    /// There is no connection.
    public static let notConnected = Code("notConnected")
    /// The connection, or the whole client, was closed.
    public static let connectionClosed = Code("connectionClosed")
    /// No byte stream to the server could be opened.
    public static let connectionFailed = Code("connectionFailed")
    /// The deadline passed.
    public static let timeout = Code("timeout")
    /// The calling task was cancelled.
    public static let cancelled = Code("cancelled")
    /// The server refused the credentials.
    public static let authorizationViolation = Code("authorizationViolation")
    /// The server closed the connection because the credentials have expired.
    public static let authenticationExpired = Code("authenticationExpired")
    /// The server refused a subject.
    public static let permissionsViolation = Code("permissionsViolation")
    /// The subject of a request has no subscribers.
    public static let noResponders = Code("noResponders")
    /// A subject, queue group or header is not valid in the protocol.
    public static let invalidSubject = Code("invalidSubject")
    /// A message exceeds the server's `max_payload`.
    public static let payloadTooLarge = Code("payloadTooLarge")
    /// The server does not support headers.
    public static let headersNotSupported = Code("headersNotSupported")
    /// The bytes waiting to be written have reached their limit.
    public static let pendingBufferFull = Code("pendingBufferFull")
    /// A reader was too slow and messages were dropped, or the server closed the connection of a client that reads too slowly.
    public static let slowConsumer = Code("slowConsumer")
    /// The server allows no more subscriptions on this connection.
    public static let maxSubscriptions = Code("maxSubscriptions")
    /// The server allows no more connections.
    public static let maxConnections = Code("maxConnections")
    /// The peer stopped answering.
    public static let staleConnection = Code("staleConnection")
    /// The server sent bytes that violate the NATS protocol.
    public static let protocolViolation = Code("protocolViolation")
    /// The TLS handshake failed.
    public static let tlsFailed = Code("tlsFailed")
    /// TLS is required by one side and not available on the other.
    public static let tlsRequired = Code("tlsRequired")
    /// The HTTP proxy refused or failed.
    public static let proxyFailed = Code("proxyFailed")
    /// The WebSocket upgrade or its framing failed.
    public static let webSocketFailed = Code("webSocketFailed")
    /// A URL is invalid.
    public static let invalidURL = Code("invalidURL")
    /// The credentials cannot be read or used.
    public static let invalidCredentials = Code("invalidCredentials")
    /// The allowed number of reconnects has failed.
    public static let reconnectsExhausted = Code("reconnectsExhausted")
    /// The client or subscription is draining.
    public static let draining = Code("draining")
    /// The server reported an error that has no code of its own.
    public static let serverError = Code("serverError")
  }

  /// The kind of the error.
  public var code: Code
  /// A description of the error and its remedy. Contains no secret.
  public var message: String
  /// The subject concerned, if any.
  public var subject: String?

  /// Creates an error.
  public init(_ code: Code, _ message: String, subject: String? = nil) {
    self.code = code
    self.message = message
    self.subject = subject
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}

extension String {
  /// The text in quotes, with control characters, quotes and backslashes escaped. Unlike `debugDescription`, it needs no tables of
  /// grapheme clusters.
  var quoted: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

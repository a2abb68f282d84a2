/// What went wrong in the client, to what, and what can be done about it.
///
/// The set of codes grows over time, so switch over ``code`` with a default case.
public struct NATSError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of a failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name of the code, stable over versions.
    public let description: String

    init(_ description: String) {
      self.description = description
    }

    /// There is no connection now.
    public static let notConnected = Code("notConnected")
    /// The connection, or the whole client, was closed.
    public static let connectionClosed = Code("connectionClosed")
    /// No byte stream to the server could be opened.
    public static let connectionFailed = Code("connectionFailed")
    /// The deadline passed first.
    public static let timeout = Code("timeout")
    /// The calling task was cancelled.
    public static let cancelled = Code("cancelled")
    /// The server refused the credentials.
    public static let authorizationViolation = Code("authorizationViolation")
    /// The server ended the connection because the credentials ran out.
    public static let authenticationExpired = Code("authenticationExpired")
    /// The server refused a subject.
    public static let permissionsViolation = Code("permissionsViolation")
    /// Nobody is subscribed to the subject of a request.
    public static let noResponders = Code("noResponders")
    /// A subject, queue group or header that the protocol can't carry.
    public static let invalidSubject = Code("invalidSubject")
    /// A message larger than the server takes.
    public static let payloadTooLarge = Code("payloadTooLarge")
    /// The server is too old, or set up, not to take headers.
    public static let headersNotSupported = Code("headersNotSupported")
    /// What waits to be sent has reached its limit.
    public static let pendingBufferFull = Code("pendingBufferFull")
    /// Messages were dropped because their reader was slower than they came; also the server's word for a
    /// client that reads too slowly.
    public static let slowConsumer = Code("slowConsumer")
    /// The server allows no more subscriptions on this connection.
    public static let maxSubscriptions = Code("maxSubscriptions")
    /// The server allows no more connections.
    public static let maxConnections = Code("maxConnections")
    /// The peer stopped answering.
    public static let staleConnection = Code("staleConnection")
    /// The server sent bytes that are no NATS.
    public static let protocolViolation = Code("protocolViolation")
    /// The TLS handshake failed.
    public static let tlsFailed = Code("tlsFailed")
    /// TLS is wanted and the server offers none, or the other way round.
    public static let tlsRequired = Code("tlsRequired")
    /// The HTTP proxy refused or failed.
    public static let proxyFailed = Code("proxyFailed")
    /// The WebSocket upgrade or its framing failed.
    public static let webSocketFailed = Code("webSocketFailed")
    /// A server address that can't be understood.
    public static let invalidURL = Code("invalidURL")
    /// Credentials that can't be read or used.
    public static let invalidCredentials = Code("invalidCredentials")
    /// As many reconnects as were allowed have failed.
    public static let reconnectsExhausted = Code("reconnectsExhausted")
    /// The client or subscription is being drained and takes no more.
    public static let draining = Code("draining")
    /// The server reported an error that has no code of its own.
    public static let serverError = Code("serverError")
  }

  /// The kind of failure.
  public var code: Code
  /// What happened, to what, and what to do. Carries no secret.
  public var message: String
  /// The subject the failure is about, if it is about one.
  public var subject: String?

  /// Makes an error.
  public init(_ code: Code, _ message: String, subject: String? = nil) {
    self.code = code
    self.message = message
    self.subject = subject
  }

  /// The message, behind the name of the code.
  public var description: String { "\(code): \(message)" }
}

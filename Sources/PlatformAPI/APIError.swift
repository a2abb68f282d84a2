/// An error that the platform returns for a request.
public struct APIError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  /// An error code. Codes that this version does not know are kept.
  public struct Code: RawRepresentable, Sendable, Hashable, Codable {
    /// The code on the wire.
    public var rawValue: String
    /// Creates a code.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The agent, command or operator does not exist.
    public static let notFound = Code(rawValue: "not_found")
    /// The request has parameters that the method does not accept.
    public static let invalid = Code(rawValue: "invalid")
    /// The request conflicts with the current state, such as the enrollment of an agent that is enrolled already.
    public static let conflict = Code(rawValue: "conflict")
    /// Too many requests are running or queued, or a limit of the caller is used up.
    public static let busy = Code(rawValue: "busy")
    /// The platform cannot answer the request now; it can be retried.
    public static let unavailable = Code(rawValue: "unavailable")
    /// The operator's role does not permit the method.
    public static let forbidden = Code(rawValue: "forbidden")
    /// The platform has no such method; it may be older than the caller.
    public static let unknownMethod = Code(rawValue: "unknown_method")
  }

  /// The error code.
  public var code: Code
  /// What happened, to which object, and what to do.
  public var message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

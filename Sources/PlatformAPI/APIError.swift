/// Why the platform did not do what it was asked.
public struct APIError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  /// The kind of failure. Strings that this version does not know are kept.
  public struct Code: RawRepresentable, Sendable, Hashable, Codable {
    /// As it stands on the wire.
    public var rawValue: String
    /// A code.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// There is no such agent, command, operator.
    public static let notFound = Code(rawValue: "not_found")
    /// The request is not what the method takes.
    public static let invalid = Code(rawValue: "invalid")
    /// What is asked does not go with what is there, as the enrolment of an agent that is enrolled.
    public static let conflict = Code(rawValue: "conflict")
    /// Too much is waiting already.
    public static let busy = Code(rawValue: "busy")
    /// The platform cannot do it now; try again.
    public static let unavailable = Code(rawValue: "unavailable")
    /// Who asks may not do this.
    public static let forbidden = Code(rawValue: "forbidden")
    /// The platform has no such method; it may be older than who asks.
    public static let unknownMethod = Code(rawValue: "unknown_method")
  }

  /// The kind of failure.
  public var code: Code
  /// What happened, to what, and what to do.
  public var message: String

  /// An error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

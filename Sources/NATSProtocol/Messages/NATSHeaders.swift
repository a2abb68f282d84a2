import Encoding

/// The headers of a message (ADR-4). Names keep their case and order, and can repeat.
public struct NATSHeaders: Sendable, Hashable {
  /// One header line.
  public struct Field: Sendable, Hashable {
    /// The name in its original case.
    public var name: String
    /// The value without surrounding white space.
    public var value: String
  }

  /// The header lines in order.
  public private(set) var fields: [Field]

  /// Creates empty headers.
  public init() {
    fields = []
  }

  /// Creates headers from names and values.
  ///
  /// - Throws: the errors of ``append(_:_:)``.
  public init(_ fields: [(String, String)]) throws(NATSError) {
    self.fields = []
    for (name, value) in fields { try append(name, value) }
  }

  package init(unchecked fields: [Field]) {
    self.fields = fields
  }

  /// Decodes headers in wire format, beginning with `NATS/1.0`. Invalid lines are skipped.
  package init(wire bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { HeaderCodec.decode($0) }
  }

  /// Whether there are no header lines.
  public var isEmpty: Bool { fields.isEmpty }

  /// The first value of a header. Names are compared byte by byte, as the server does.
  public subscript(_ name: String) -> String? {
    fields.first { $0.name.hasSameBytes(as: name) }?.value
  }

  /// Returns all values of a header in order.
  public func values(_ name: String) -> [String] {
    fields.filter { $0.name.hasSameBytes(as: name) }.map { $0.value }
  }

  /// Appends a header line.
  ///
  /// - Throws: ``NATSError/Code/invalidSubject`` if the name is empty or contains anything but visible ASCII
  ///   characters other than the colon, or if the value contains CR or LF.
  public mutating func append(_ name: String, _ value: String) throws(NATSError) {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }) else {
      throw NATSError(.invalidSubject, "header name \(name.quoted) is not allowed")
    }
    guard value.utf8.allSatisfy({ $0 != 0x0d && $0 != 0x0a }) else {
      throw NATSError(.invalidSubject, "value of header \(name) contains a line break")
    }
    fields.append(Field(name: name, value: value))
  }

  /// Replaces all lines of a header with one line.
  ///
  /// - Throws: the errors of ``append(_:_:)``.
  public mutating func set(_ name: String, _ value: String) throws(NATSError) {
    fields.removeAll { $0.name.hasSameBytes(as: name) }
    try append(name, value)
  }
}

/// The status in the first line of a message's headers, such as `503`.
public struct NATSStatus: Sendable, Hashable, CustomStringConvertible {
  /// Three digits as in HTTP: 100 idle heartbeat, 404 no messages, 408 request timeout, 503 no responders.
  public var code: Int
  /// The description after the code; often empty.
  public var reason: String

  /// Creates a status.
  public init(code: Int, reason: String = "") {
    self.code = code
    self.reason = reason
  }

  /// The code of a reply to a request without responders.
  public static let noResponders = 503

  /// The code and the reason.
  public var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }
}

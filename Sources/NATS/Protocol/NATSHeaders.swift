/// The headers of a message (ADR-4): names keep their case and their order, and may repeat.
public struct NATSHeaders: Sendable, Hashable {
  /// One line of the headers.
  public struct Field: Sendable, Hashable {
    /// The name, with its case.
    public var name: String
    /// The value, without the space around it.
    public var value: String
  }

  /// The lines, in order.
  public private(set) var fields: [Field]

  /// No headers.
  public init() {
    fields = []
  }

  /// Headers with these lines.
  ///
  /// - Throws: ``NATSError/Code/invalidSubject`` where ``append(_:_:)`` would.
  public init(_ fields: [(String, String)]) throws(NATSError) {
    self.fields = []
    for (name, value) in fields { try append(name, value) }
  }

  init(unchecked fields: [Field]) {
    self.fields = fields
  }

  /// Headers as they stand on the wire, `NATS/1.0` first; what is no line of headers is left out.
  package init(wire bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { HeaderCodec.decode($0) }
  }

  /// Whether there is no line.
  public var isEmpty: Bool { fields.isEmpty }

  /// The first value under `name`, compared with case as the server does.
  public subscript(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// All values under `name`, in order.
  public func values(_ name: String) -> [String] {
    fields.lazy.filter { $0.name == name }.map(\.value)
  }

  /// Adds a line.
  ///
  /// - Throws: ``NATSError/Code/invalidSubject`` if the name is empty or holds anything but visible ASCII
  ///   without a colon, or the value holds CR or LF.
  public mutating func append(_ name: String, _ value: String) throws(NATSError) {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }) else {
      throw NATSError(.invalidSubject, "header name \(name.debugDescription) is not allowed")
    }
    guard value.utf8.allSatisfy({ $0 != 0x0d && $0 != 0x0a }) else {
      throw NATSError(.invalidSubject, "value of header \(name) contains a line break")
    }
    fields.append(Field(name: name, value: value))
  }

  /// Replaces every line under `name` with this one.
  ///
  /// - Throws: as ``append(_:_:)`` does.
  public mutating func set(_ name: String, _ value: String) throws(NATSError) {
    fields.removeAll { $0.name == name }
    try append(name, value)
  }
}

import Encoding

/// The members of a JSON object, in order.
///
/// Keys compare by their UTF-8 bytes. The last of several members with the same key counts, as in the parsers of Go, PHP and Python.
public struct JSONObject: Sendable, Hashable {
  /// A key and its value.
  public struct Member: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: JSONValue

    /// Creates a member.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }

    /// Compares the keys by their UTF-8 bytes, and the values with `==`.
    public static func == (left: Member, right: Member) -> Bool {
      left.key.hasSameBytes(as: right.key) && left.value == right.value
    }

    /// Hashes the bytes of the key, and the value.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(ExactString(key))
      hasher.combine(value)
    }
  }

  /// The members in the order of the text, repeated keys included.
  public private(set) var members: [Member]

  /// Creates an object.
  public init(_ members: [Member] = []) {
    self.members = members
  }

  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The value of a key, or nil when the key is absent. Setting appends or replaces; setting nil removes.
  public subscript(key: String) -> JSONValue? {
    get { members.last { $0.key.hasSameBytes(as: key) }?.value }
    set {
      members.removeAll { $0.key.hasSameBytes(as: key) }
      if let newValue { members.append(Member(key: key, value: newValue)) }
    }
  }

  /// Appends a member without a search for its key, which must not be among the members yet.
  public mutating func append(_ key: String, _ value: JSONValue) {
    members.append(Member(key: key, value: value))
  }

  /// Appends a member as ``append(_:_:)`` does, unless the value is nil.
  public mutating func append(_ key: String, ifPresent value: JSONValue?) {
    if let value { append(key, value) }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Creates an object with the members in the order of the literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { Member(key: $0.0, value: $0.1) })
  }
}

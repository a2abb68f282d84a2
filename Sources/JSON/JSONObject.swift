/// The members of a JSON object, in order. Keys are matched exactly; of a repeated key the last one counts, as in the
/// parsers of Go, PHP and Python.
public struct JSONObject: Sendable, Hashable {
  /// One `"key": value`.
  public struct Member: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: JSONValue

    /// A member.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The members as written.
  public private(set) var members: [Member]

  /// An object of these members.
  public init(_ members: [Member] = []) {
    self.members = members
  }

  /// True when there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The value of a key, or nil when the key is absent. Setting appends or replaces; setting nil removes.
  public subscript(key: String) -> JSONValue? {
    get { members.last { $0.key == key }?.value }
    set {
      members.removeAll { $0.key == key }
      if let newValue { members.append(Member(key: key, value: newValue)) }
    }
  }

  /// Appends a member whose key is known to be new.
  public mutating func append(_ key: String, _ value: JSONValue) {
    members.append(Member(key: key, value: value))
  }

  /// Appends a member whose key is known to be new, unless there is no value.
  public mutating func append(_ key: String, ifPresent value: JSONValue?) {
    if let value { append(key, value) }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// An object with its members in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { Member(key: $0.0, value: $0.1) })
  }
}

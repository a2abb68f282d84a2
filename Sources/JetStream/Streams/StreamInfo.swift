import JSON

/// The configuration and state of a stream.
public struct StreamInfo: Sendable, Hashable {
  /// The configuration.
  public var configuration: StreamConfiguration
  /// When it was created, in Unix seconds.
  public var created: Double
  /// The state of its messages.
  public var state: StreamState
  /// The placement; nil outside of a cluster.
  public var cluster: ClusterInfo?
  /// The complete configuration as received from the server.
  let rawConfiguration: JSONObject

  init(_ json: JSONObject) {
    rawConfiguration = json.object("config")
    configuration = StreamConfiguration(rawConfiguration)
    created = json.time("created")
    state = StreamState(json.object("state"))
    cluster = json["cluster"]?.objectValue.map { ClusterInfo($0) }
  }

  /// The names of the settings that differ from an expected configuration, as the server names them (ADR-8). Settings unknown to
  /// ``StreamConfiguration`` differ if they are set.
  ///
  /// - Parameter ignored: settings that are not compared.
  public func differences(from wanted: StreamConfiguration, besides ignored: Set<String>) -> [String] {
    let expected = wanted.json
    return rawConfiguration.members.compactMap { member in
      if ignored.contains(member.key) { return nil }
      let isExpected = expected[member.key].map { $0 == member.value } ?? member.value.isUnset
      return isExpected ? nil : member.key
    }
  }
}

extension JSONValue {
  /// Whether the value is unset: null, false, zero or empty.
  fileprivate var isUnset: Bool {
    switch self {
    case .null: true
    case .bool(let value): !value
    case .integer(let value): value == 0
    case .unsigned(let value): value == 0
    case .number(let value): value == 0
    case .string(let text): text.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let object): object.isEmpty
    }
  }
}

/// The state of a stream.
public struct StreamState: Sendable, Hashable {
  /// Number of messages.
  public var messages: UInt64
  /// Their size in bytes.
  public var bytes: UInt64
  /// The sequence of the first message; one more than the last sequence if there is none.
  public var firstSequence: UInt64
  /// The sequence of the last message ever stored; zero for none.
  public var lastSequence: UInt64
  /// Number of consumers.
  public var consumers: Int
  /// Number of distinct subjects.
  public var subjects: Int

  init(_ json: JSONObject) {
    messages = json.sequence("messages")
    bytes = json.sequence("bytes")
    firstSequence = json.sequence("first_seq")
    lastSequence = json.sequence("last_seq")
    consumers = json.count("consumer_count")
    subjects = json.count("num_subjects")
  }
}

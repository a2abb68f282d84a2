import JSON

/// A stream and what is in it.
public struct StreamInfo: Sendable, Hashable {
  /// What it takes and keeps.
  public var configuration: StreamConfiguration
  /// When it was made, in Unix seconds.
  public var created: Double
  /// What is in it.
  public var state: StreamState
  /// Where it lives, in a cluster.
  public var cluster: ClusterInfo?
  /// The whole configuration as the server told it.
  let rawConfiguration: JSONObject

  init(_ json: JSONObject) {
    rawConfiguration = json.object("config")
    configuration = StreamConfiguration(rawConfiguration)
    created = json.time("created")
    state = StreamState(json.object("state"))
    cluster = json["cluster"]?.objectValue.map { ClusterInfo($0) }
  }

  /// The settings in which it is not as `wanted`, by their names in the server's configuration (ADR-8): also those that
  /// ``StreamConfiguration`` does not know, unless they are off.
  ///
  /// - Parameter ignored: settings that may differ.
  public func differences(from wanted: StreamConfiguration, besides ignored: Set<String>) -> [String] {
    let expected = wanted.json
    return rawConfiguration.members.compactMap { member in
      if ignored.contains(member.key) { return nil }
      let isAsWanted = expected[member.key].map { $0 == member.value } ?? member.value.isOff
      return isAsWanted ? nil : member.key
    }
  }
}

extension JSONValue {
  /// Whether it says nothing: null, false, zero, or empty.
  fileprivate var isOff: Bool {
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

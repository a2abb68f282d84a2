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
}

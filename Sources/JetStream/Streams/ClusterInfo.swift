import JSON

/// Where a stream or consumer lives in a cluster.
public struct ClusterInfo: Sendable, Hashable {
  /// The name of the cluster.
  public var name: String
  /// The server that leads; nil while there is none.
  public var leader: String?
  /// The servers with the other copies.
  public var replicas: [Replica]

  /// One of the other copies.
  public struct Replica: Sendable, Hashable {
    /// The server.
    public var name: String
    /// Whether it has everything that the leader has.
    public var isCurrent: Bool
    /// Whether the leader has lost sight of it.
    public var isOffline: Bool
  }

  init(_ json: JSONObject) {
    name = json.text("name")
    leader = json["leader"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    replicas = (json["replicas"]?.arrayValue ?? []).compactMap(\.objectValue).map { replica in
      Replica(
        name: replica.text("name"), isCurrent: replica.flag("current"), isOffline: replica.flag("offline"))
    }
  }
}

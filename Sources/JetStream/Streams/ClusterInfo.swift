import JSON

/// The placement of a stream or consumer in a cluster.
public struct ClusterInfo: Sendable, Hashable {
  /// The name of the cluster.
  public var name: String
  /// The server that is the leader; nil while there is none.
  public var leader: String?
  /// The other replicas.
  public var replicas: [Replica]

  /// A replica that is not the leader.
  public struct Replica: Sendable, Hashable {
    /// The name of the server.
    public var name: String
    /// Whether it has all messages of the leader.
    public var isCurrent: Bool
    /// Whether the leader has lost the connection to it.
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

public import JetStream

/// Where the registry keeps its records.
public struct RegistryBuckets: Sendable {
  /// ``AgentRecord`` by uuid.
  public let agents: KeyValueBucket
  /// ``EnrolmentRecord`` by ``EnrolmentRecord/id(of:)``.
  public let enrolments: KeyValueBucket
  /// ``OperatorRecord`` by name.
  public let operators: KeyValueBucket

  /// The largest record, in bytes: 32 labels and 8 tokens fit in.
  static let maximumValueSize: Int64 = 64 * 1024

  /// Makes the buckets, or changes what differs.
  ///
  /// - Parameters:
  ///   - replicas: servers that keep a copy, 1 to 5.
  ///   - maxBytes: how many bytes a bucket may hold, by its name; those that are missing have no limit.
  public static func ensure(
    _ jetStream: JetStream, replicas: Int = 1, maxBytes: [String: Int64] = [:]
  ) async throws(JetStreamError) -> Self {
    func bucket(
      _ name: String, _ description: String, timeToLive: Duration? = nil
    ) async throws(JetStreamError) -> KeyValueBucket {
      var configuration = KeyValueConfiguration(bucket: name, timeToLive: timeToLive, replicas: replicas)
      configuration.description = description
      configuration.maxValueSize = maximumValueSize
      configuration.maxBytes = maxBytes[name] ?? -1
      return try await jetStream.createKeyValue(configuration)
    }
    // A day longer than the longest enrolment: what was claimed is known until then, and then it goes by itself.
    let kept = Duration.seconds(EnrolmentRecord.lifetimes.upperBound + 86_400)
    return Self(
      agents: try await bucket("pls-agents", "agents: hashes of their tokens, labels"),
      enrolments: try await bucket("pls-enrolments", "enrolment tokens, hashed", timeToLive: kept),
      operators: try await bucket("pls-operators", "operators: hashes of their tokens, roles"))
  }
}

public import JetStream

/// The buckets of the registry.
public struct RegistryBuckets: Sendable {
  /// The bucket of ``AgentRecord`` by uuid.
  public let agents: KeyValueBucket
  /// The bucket of ``EnrollmentRecord`` by ``EnrollmentRecord/id(of:)``.
  public let enrollments: KeyValueBucket
  /// The bucket of ``OperatorRecord`` by name.
  public let operators: KeyValueBucket

  /// The maximum size of a record in bytes, enough for 32 labels and 8 tokens.
  static let maximumValueSize: Int64 = 64 * 1024

  /// Creates the buckets, or updates their configuration.
  ///
  /// - Parameters:
  ///   - replicas: The number of replicas, 1 to 5.
  ///   - maxBytes: The size limits in bytes, by bucket name. Missing buckets have no limit.
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
    // A day longer than the longest enrollment, so that claimed tokens are known until they expire.
    let kept = Duration.seconds(PlatformStorage.maximumEnrollmentLifetime + 86_400)
    return Self(
      agents: try await bucket("pls-agents", "agents: hashes of their tokens, labels"),
      enrollments: try await bucket("pls-enrolments", "enrolment tokens, hashed", timeToLive: kept),
      operators: try await bucket("pls-operators", "operators: hashes of their tokens, roles"))
  }
}

/// The provisioned buckets.
public struct PlatformBuckets: Sendable {
  /// The buckets of agents, enrollment tokens and operators.
  public var registry: RegistryBuckets
  /// The bucket ``PlatformStorage/fleet``.
  public var fleet: KeyValueBucket
  /// The bucket ``PlatformStorage/commands``.
  public var commands: KeyValueBucket
  /// The bucket ``PlatformStorage/results``.
  public var results: KeyValueBucket
  /// The bucket ``PlatformStorage/leases``.
  public var leases: KeyValueBucket
}

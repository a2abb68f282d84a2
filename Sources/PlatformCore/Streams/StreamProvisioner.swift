import Encoding
public import JetStream
public import Logging
import NATS

/// Creates the platform's streams and buckets, and updates those whose limits differ from the configuration. Never deletes one, nor
/// takes over a stream with other subjects.
public struct StreamProvisioner: Sendable {
  private let jetStream: JetStream
  private let settings: StorageSettings
  private let logger: Logger
  private let timeout: Duration

  /// Creates a provisioner.
  ///
  /// - Parameter timeout: The time for which to retry while JetStream has no leader or too few servers, as in a starting cluster.
  public init(
    _ jetStream: JetStream, settings: StorageSettings = StorageSettings(), timeout: Duration = .seconds(60),
    logger: Logger
  ) {
    self.jetStream = jetStream
    self.settings = settings
    self.timeout = timeout
    self.logger = logger
  }

  /// Creates or updates all streams and buckets.
  ///
  /// - Throws: ``ProvisioningError``.
  public func provision() async throws(ProvisioningError) -> PlatformBuckets {
    for stream in settings.streams { try await ensure(stream) }
    try await ensureAudit(settings.auditStream)
    let kept = settings.commandsKept
    return PlatformBuckets(
      registry: try await registry(),
      fleet: try await bucket(PlatformStorage.fleet, "What agents told of themselves, by uuid"),
      commands: try await bucket(PlatformStorage.commands, "Commands by id", timeToLive: kept),
      results: try await bucket(PlatformStorage.results, "Results by command id", timeToLive: kept),
      leases: try await bucket(
        PlatformStorage.leases, "Who leads", timeToLive: PlatformStorage.leaseTimeToLive))
  }

  private func ensure(_ wanted: StreamConfiguration) async throws(ProvisioningError) {
    try await retrying("stream \(wanted.name)") { () async throws(JetStreamError) in
      try await check(wanted.name, keeps: wanted.subjects)
      _ = try await jetStream.ensureStream(wanted)
    }
  }

  /// Creates the audit stream in its account. An existing one is updated only while the servers permit this user to.
  private func ensureAudit(_ wanted: StreamConfiguration) async throws(ProvisioningError) {
    let record = AuditRecord.jetStream(jetStream.client, timeout: jetStream.timeout)
    try await retrying("the audit record") { () async throws(JetStreamError) in
      if let impostor = try await AuditRecord.impostor(jetStream) {
        throw JetStreamError(.api(Self.unsafeRecord), impostor)
      }
      let found: StreamInfo
      do throws(JetStreamError) {
        found = try await record.stream(wanted.name)
      } catch  where error.code == .notFound {
        try await createAudit(wanted, record)
        return
      } catch  where error.underlying?.code == .noResponders {
        throw JetStreamError(
          .api(Self.notImported),
          "the servers do not let the account of the fleet reach the account \(AuditRecord.account); put the accounts that "
            + "`plusclouds-platform init` writes into nats-server.conf, as docs/platform.md, \"Upgrading\", says"
        )
      }
      do throws(JetStreamError) {
        _ = try await AuditRecord.jetStream(jetStream.client, timeout: .seconds(1)).ensureStream(wanted)
      } catch {
        logger.warning(
          "the stream of the audit record differs from the configuration and was left as it is; docs/platform.md says how to change it",
          metadata: [
            "stream": "\(wanted.name)", "reason": "\(error)", "max_bytes": "\(found.configuration.maxBytes)",
            "wanted_max_bytes": "\(wanted.maxBytes)",
          ])
      }
      if let problem = AuditRecord.problem(of: try await record.stream(wanted.name), wanted: wanted) {
        throw JetStreamError(.api(Self.unsafeRecord), problem)
      }
    }
  }

  private func createAudit(_ wanted: StreamConfiguration, _ record: JetStream) async throws(JetStreamError) {
    let made = try await record.ensureStream(wanted)
    if let problem = AuditRecord.problem(of: made, wanted: wanted) {
      throw JetStreamError(.api(Self.unsafeRecord), problem)
    }
    let agents = "KV_\(PlatformStorage.agents)"
    // Without that bucket no platform was provisioned before.
    if try await jetStream.streamNames().containsExactly(agents),
      try await jetStream.stream(agents).state.messages > 0
    {
      logger.error(
        "there are agents and no audit record: it was lost, or is that of an earlier version; a new one was made",
        metadata: ["stream": "\(wanted.name)"])
    }
  }

  private func bucket(
    _ name: String, _ description: String, timeToLive: Duration? = nil
  ) async throws(ProvisioningError) -> KeyValueBucket {
    let wanted = settings.bucket(name, description, timeToLive: timeToLive)
    return try await retrying("bucket \(name)") { () async throws(JetStreamError) in
      try await check("KV_\(name)", keeps: ["$KV.\(name).>"])
      return try await jetStream.createKeyValue(wanted)
    }
  }

  private func registry() async throws(ProvisioningError) -> RegistryBuckets {
    try await retrying("the registry's buckets") { () async throws(JetStreamError) in
      for name in [PlatformStorage.agents, PlatformStorage.enrollments, PlatformStorage.operators] {
        try await check("KV_\(name)", keeps: ["$KV.\(name).>"])
      }
      return try await RegistryBuckets.ensure(
        jetStream, replicas: settings.replicas, maxBytes: settings.bucketBytes)
    }
  }

  /// `err_code` of ADR-7: insufficient storage resources; no suitable peers.
  private static let noStorage = 10047
  private static let noPeers = 10005
  private static let otherSubjects = -1
  private static let notImported = -2
  private static let unsafeRecord = -3

  /// Whether two lists have the same subjects in any order, compared by bytes as nats-server does.
  static func isSame(_ left: [String], _ right: [String]) -> Bool {
    Set(left.map { ExactString($0) }) == Set(right.map { ExactString($0) })
  }

  /// Rejects an existing stream with other subjects: it belongs to another application.
  private func check(_ name: String, keeps subjects: [String]) async throws(JetStreamError) {
    let found: StreamInfo
    do throws(JetStreamError) {
      found = try await jetStream.stream(name)
    } catch  where error.code == .notFound {
      return
    }
    guard Self.isSame(found.configuration.subjects, subjects) else {
      throw JetStreamError(
        .api(Self.otherSubjects),
        "a stream of this name keeps \(found.configuration.subjects.joined(separator: ", ")) instead of "
          + "\(subjects.joined(separator: ", ")); rename or remove it, or give the platform an account of its own"
      )
    }
  }

  private func retrying<R: Sendable>(
    _ what: String, _ body: () async throws(JetStreamError) -> R
  ) async throws(ProvisioningError) -> R {
    let deadline = ContinuousClock.now + timeout
    var isLogged = false
    while true {
      do throws(JetStreamError) {
        return try await body()
      } catch {
        guard Self.isTransient(error), ContinuousClock.now < deadline, !Task.isCancelled else {
          let hint =
            error.code == .api(Self.noStorage)
              || error.code == .api(Self.noPeers) && error.message.contains("storage")
            ? "; `plusclouds-platform check` says which keys to lower, or raise max_file_store in nats-server.conf"
            : ""
          throw ProvisioningError("\(what) can't be made as configured: \(error.message)\(hint)")
        }
        if !isLogged {
          logger.warning(
            "JetStream is not ready, retrying", metadata: ["for": "\(what)", "reason": "\(error)"])
          isLogged = true
        }
        // Ends early when the task is cancelled, which the next attempt detects.
        try? await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  /// Whether a cluster that is starting or electing a leader returns this error.
  private static func isTransient(_ error: JetStreamError) -> Bool {
    switch error.code {
    case .noResponders, .timeout, .nats: true
    // No suitable peers, insufficient resources, cluster not available, stream offline (err_code of ADR-7).
    case .api(let code): [10005, 10008, 10023, 10074, 10118].contains(code)
    default: false
    }
  }
}

/// The reason for which a stream or bucket could not be provisioned.
public struct ProvisioningError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, why, and what to do.
  public let description: String

  /// Creates an error.
  public init(_ description: String) {
    self.description = description
  }
}

public import JetStream
public import Logging

/// Makes the platform's streams and buckets where they are not there, and changes those whose limits differ from the
/// configuration. It never deletes one, nor takes one over that keeps something else.
public struct StreamProvisioner: Sendable {
  private let jetStream: JetStream
  private let settings: StorageSettings
  private let logger: Logger
  private let patience: Duration

  /// A provisioner.
  ///
  /// - Parameter patience: how long to go on trying while JetStream has no leader or too few servers, as a cluster that is
  ///   starting.
  public init(
    _ jetStream: JetStream, settings: StorageSettings = StorageSettings(), patience: Duration = .seconds(60),
    logger: Logger
  ) {
    self.jetStream = jetStream
    self.settings = settings
    self.patience = patience
    self.logger = logger
  }

  /// Makes everything as configured.
  ///
  /// - Throws: ``ProvisioningError``.
  public func provision() async throws(ProvisioningError) -> PlatformBuckets {
    for stream in settings.streams { try await ensure(stream) }
    let kept = settings.commandsKept
    return PlatformBuckets(
      registry: try await registry(),
      fleet: try await bucket(PlatformStorage.fleet, "What agents told of themselves, by uuid"),
      commands: try await bucket(PlatformStorage.commands, "Commands by id", timeToLive: kept),
      results: try await bucket(PlatformStorage.results, "Results by command id", timeToLive: kept),
      leases: try await bucket(PlatformStorage.leases, "Who leads", timeToLive: LeaderLease.timeToLive))
  }

  private func ensure(_ wanted: StreamConfiguration) async throws(ProvisioningError) {
    try await patiently("stream \(wanted.name)") { () async throws(JetStreamError) in
      try await check(wanted.name, keeps: wanted.subjects)
      _ = try await jetStream.ensureStream(wanted)
    }
  }

  private func bucket(
    _ name: String, _ description: String, timeToLive: Duration? = nil
  ) async throws(ProvisioningError) -> KeyValueBucket {
    let wanted = settings.bucket(name, description, timeToLive: timeToLive)
    return try await patiently("bucket \(name)") { () async throws(JetStreamError) in
      try await check("KV_\(name)", keeps: ["$KV.\(name).>"])
      return try await jetStream.createKeyValue(wanted)
    }
  }

  private func registry() async throws(ProvisioningError) -> RegistryBuckets {
    try await patiently("the registry's buckets") { () async throws(JetStreamError) in
      for name in [PlatformStorage.agents, PlatformStorage.enrolments, PlatformStorage.operators] {
        try await check("KV_\(name)", keeps: ["$KV.\(name).>"])
      }
      return try await RegistryBuckets.ensure(jetStream, replicas: settings.replicas)
    }
  }

  private static let otherSubjects = -1

  /// A stream of that name that keeps something else is somebody else's.
  private func check(_ name: String, keeps subjects: [String]) async throws(JetStreamError) {
    let found: StreamInfo
    do throws(JetStreamError) {
      found = try await jetStream.stream(name)
    } catch  where error.code == .notFound {
      return
    }
    guard Set(found.configuration.subjects) == Set(subjects) else {
      throw JetStreamError(
        .api(Self.otherSubjects),
        "a stream of this name keeps \(found.configuration.subjects.joined(separator: ", ")) instead of "
          + "\(subjects.joined(separator: ", ")); rename or remove it, or give the platform an account of its own"
      )
    }
  }

  private func patiently<R: Sendable>(
    _ what: String, _ body: () async throws(JetStreamError) -> R
  ) async throws(ProvisioningError) -> R {
    let deadline = ContinuousClock.now + patience
    var isTold = false
    while true {
      do throws(JetStreamError) {
        return try await body()
      } catch {
        guard Self.mayPass(error), ContinuousClock.now < deadline, !Task.isCancelled else {
          throw ProvisioningError("\(what) can't be made as configured: \(error.message)")
        }
        if !isTold {
          logger.warning(
            "JetStream is not ready, trying on", metadata: ["for": "\(what)", "reason": "\(error)"])
          isTold = true
        }
        // Ends early when the task is cancelled, which the next attempt tells.
        try? await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  /// Whether a cluster that is starting, or choosing a leader, answers so.
  private static func mayPass(_ error: JetStreamError) -> Bool {
    switch error.code {
    case .noResponders, .timeout, .nats: true
    // No suitable peers, insufficient resources, cluster not available, stream offline (err_code of ADR-7).
    case .api(let code): [10005, 10008, 10023, 10074, 10118].contains(code)
    default: false
    }
  }
}

import JSON
import JetStream
import Locks
import Logging
import NATS
import NKeys
import XKeys

/// Tells whether `serve` would work: reads what it would read and connects as it would connect, and changes nothing.
public struct PlatformCheck: Sendable {
  /// sysexits.h: the server cannot be reached, or has no JetStream.
  public static let unavailable: Int32 = 69
  /// sysexits.h: the server refuses a key.
  public static let notPermitted: Int32 = 77

  private let path: String
  private let environment: [String: String]
  private let connects: Bool
  private let listsSettings: Bool

  /// A check of a `platform.yaml`.
  ///
  /// - Parameters:
  ///   - connects: whether to try the connections, too.
  ///   - listsSettings: whether to print every key with the value in effect.
  public init(path: String, environment: [String: String], connects: Bool, listsSettings: Bool = false) {
    self.path = path
    self.environment = environment
    self.connects = connects
    self.listsSettings = listsSettings
  }

  /// Checks.
  ///
  /// - Parameter tell: is told what is found, a line each.
  /// - Returns: the exit status.
  public func run(_ tell: @escaping @Sendable (String) -> Void) async -> Int32 {
    let configuration: PlatformConfiguration
    let keys: LoadedKeys
    do throws(PlatformConfigurationError) {
      let loaded = try PlatformConfiguration.load(path: path, environment: environment)
      configuration = loaded.configuration
      if listsSettings {
        tell("settings:")
        for line in configuration.settingLines { tell("  " + line) }
      }
      keys = try LoadedKeys(configuration)
      for warning in loaded.warnings + keys.warnings { tell("warning: \(warning)") }
      if let warning = configuration.nats.clearTextWarning { tell("warning: \(warning)") }
    } catch {
      tell("error: \(error)")
      return PlatformConfigurationError.exitCode
    }
    tell("configuration: \(path)")
    tell("server: \(configuration.nats.servers.map(\.description).joined(separator: ", "))")
    tell("issuer: \(keys.issuer.publicKey)")
    tell("xkey: \(keys.xkey?.publicKey.description ?? "none, requests of the callout are not encrypted")")
    guard connects else { return 0 }
    let servers = Locked<[JSONObject]>([])
    let system = await connect("system", configuration.nats, configuration.nats.systemSeed, tell) { client in
      for warning in await AuditProtection.warnings(system: client) { tell("warning: \(warning)") }
      servers.withLock { $0 = [] }
      let answers = try await ServerAnswers.ping(client)
      servers.withLock { $0 = answers.map(\.answer) }
      if let problem = ServerAnswers.clockProblem(answers) {
        throw AdministrativeSession.Failure.unavailable(problem)
      }
      return "the servers answer"
    }
    let fleet = await connect("fleet", configuration.nats, configuration.nats.fleetSeed, tell) { client in
      tell("audit record: \(try await Self.auditRecord(client, StorageSettings(configuration).auditStream))")
      for warning in await AuditProtection.warnings(fleet: client) { tell("warning: \(warning)") }
      try await Self.checkRoom(client, StorageSettings(configuration), servers.withLock { $0 })
      return "JetStream answers, and has room for the streams"
    }
    return fleet == 0 ? system : fleet
  }

  /// Checks that the streams that `serve` makes have room.
  private static func checkRoom(
    _ client: NATSClient, _ settings: StorageSettings, _ answers: [JSONObject]
  ) async throws {
    let jetStream = JetStream(client)
    let account = try await jetStream.accountInfo()
    let room = try await StorageCapacity.needed(settings, jetStream, record: AuditRecord.jetStream(client))
    let tier = account.storageLimits[settings.replicas] == nil ? 0 : settings.replicas
    var accountFree: Int64?
    if let limit = account.storageLimits[tier], limit >= 0 {
      accountFree = max(0, limit - Int64(clamping: account.reservedStorage[tier] ?? 0))
    }
    if let problem = room.problem(
      servers: answers.compactMap(StorageCapacity.Server.init), accountFree: accountFree)
    {
      throw AdministrativeSession.Failure.unavailable(problem)
    }
  }

  /// What is to be said about the audit record.
  private static func auditRecord(_ client: NATSClient, _ wanted: StreamConfiguration) async throws -> String
  {
    if let impostor = try await AuditRecord.impostor(JetStream(client)) {
      throw AdministrativeSession.Failure.unavailable(impostor)
    }
    let record = AuditRecord.jetStream(client)
    do throws(JetStreamError) {
      let stream = try await record.stream(PlatformStorage.auditStream)
      if let problem = AuditRecord.problem(of: stream, wanted: wanted) {
        throw JetStreamError(.invalidArgument, problem)
      }
      return "\(stream.state.messages) entries"
    } catch {
      if error.code == .notFound { return "none yet, serve makes it" }
      guard error.underlying?.code == .noResponders else { throw error }
      throw AdministrativeSession.Failure.unavailable(
        "the servers do not let the account of the fleet reach the account \(AuditRecord.account): docs/platform.md, "
          + "\"Upgrading\"")
    }
  }

  private func connect(
    _ name: String, _ connection: PlatformConfiguration.Connection, _ seed: SeedFile,
    _ tell: @Sendable (String) -> Void, _ body: @escaping @Sendable (NATSClient) async throws -> String
  ) async -> Int32 {
    let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
    do {
      let outcome = try await AdministrativeSession.connected(connection, seed, logger: logger, body)
      tell("connection \(name): \(outcome)")
      return 0
    } catch let error as AdministrativeSession.Failure {
      tell("error: connection \(name): \(error)")
      if case .notPermitted = error { return Self.notPermitted }
      return Self.unavailable
    } catch {
      tell("error: connection \(name): connected, but \(error)")
      return Self.unavailable
    }
  }
}

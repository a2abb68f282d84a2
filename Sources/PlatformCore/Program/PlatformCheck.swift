import JSON
import JetStream
import Locks
import Logging
import NATS
import NKeys
import XKeys

/// Checks whether `serve` would work: reads the same files and makes the same connections, and changes nothing.
public struct PlatformCheck: Sendable {
  /// Exit code of sysexits.h: the servers cannot be reached, or have no JetStream.
  public static let unavailable: Int32 = 69
  /// Exit code of sysexits.h: the server refuses a key.
  public static let notPermitted: Int32 = 77

  private let path: String
  private let environment: [String: String]
  private let connects: Bool
  private let listsSettings: Bool

  /// Creates a check of a `platform.yaml`.
  ///
  /// - Parameters:
  ///   - connects: Whether to make the connections as well.
  ///   - listsSettings: Whether to print every key with its value.
  public init(path: String, environment: [String: String], connects: Bool, listsSettings: Bool = false) {
    self.path = path
    self.environment = environment
    self.connects = connects
    self.listsSettings = listsSettings
  }

  /// Runs the check.
  ///
  /// - Parameter report: Called with each line of the findings.
  /// - Returns: The exit code.
  public func run(_ report: @escaping @Sendable (String) -> Void) async -> Int32 {
    let configuration: PlatformConfiguration
    let keys: LoadedKeys
    do throws(PlatformConfigurationError) {
      let loaded = try PlatformConfiguration.load(path: path, environment: environment)
      configuration = loaded.configuration
      if listsSettings {
        report("settings:")
        for line in configuration.settingLines { report("  " + line) }
      }
      keys = try LoadedKeys(configuration)
      for warning in loaded.warnings + keys.warnings { report("warning: \(warning)") }
      if let warning = configuration.nats.clearTextWarning { report("warning: \(warning)") }
    } catch {
      report("error: \(error)")
      return PlatformConfigurationError.exitCode
    }
    report("configuration: \(path)")
    report("server: \(configuration.nats.servers.map(\.description).joined(separator: ", "))")
    report("issuer: \(keys.issuer.publicKey)")
    report("xkey: \(keys.xkey?.publicKey.description ?? "none, requests of the callout are not encrypted")")
    guard connects else { return 0 }
    let servers = Locked<[JSONObject]>([])
    let system = await connect("system", configuration.nats, configuration.nats.systemSeed, report) {
      client in
      for warning in await AuditProtection.warnings(system: client) { report("warning: \(warning)") }
      servers.withLock { $0 = [] }
      let answers = try await ServerAnswers.ping(client)
      guard !answers.isEmpty else {
        throw AdministrativeSession.Failure.unavailable("no server answers $SYS.REQ.SERVER.PING within 5 s")
      }
      servers.withLock { $0 = answers.map(\.answer) }
      if let problem = ServerAnswers.clockProblem(answers) {
        throw AdministrativeSession.Failure.unavailable(problem)
      }
      return "the servers answer"
    }
    let fleet = await connect("fleet", configuration.nats, configuration.nats.fleetSeed, report) { client in
      report(
        "audit record: \(try await Self.auditRecord(client, StorageSettings(configuration).auditStream))")
      for warning in await AuditProtection.warnings(fleet: client) { report("warning: \(warning)") }
      try await Self.checkRoom(client, StorageSettings(configuration), servers.withLock { $0 })
      return "JetStream answers, and has room for the streams"
    }
    return fleet == 0 ? system : fleet
  }

  /// Checks that there is room for the streams that `serve` creates.
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

  /// The state of the audit record, in words.
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
      if error.code == .notFound { return "none yet, serve creates it" }
      guard error.underlying?.code == .noResponders else { throw error }
      throw AdministrativeSession.Failure.unavailable(
        "the servers do not let the account of the fleet reach the account \(AuditRecord.account): docs/platform.md, "
          + "\"Upgrading\"")
    }
  }

  private func connect(
    _ name: String, _ connection: PlatformConfiguration.Connection, _ seed: SeedFile,
    _ report: @Sendable (String) -> Void, _ body: @escaping @Sendable (NATSClient) async throws -> String
  ) async -> Int32 {
    let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
    do {
      let outcome = try await AdministrativeSession.connected(connection, seed, logger: logger, body)
      report("connection \(name): \(outcome)")
      return 0
    } catch let error as AdministrativeSession.Failure {
      report("error: connection \(name): \(error)")
      if case .notPermitted = error { return Self.notPermitted }
      return Self.unavailable
    } catch {
      report("error: connection \(name): connected, but \(error)")
      return Self.unavailable
    }
  }
}

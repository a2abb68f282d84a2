import JetStream
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

  /// A check of a `platform.yaml`.
  ///
  /// - Parameter connects: whether to try the connections, too.
  public init(path: String, environment: [String: String], connects: Bool) {
    self.path = path
    self.environment = environment
    self.connects = connects
  }

  /// Checks.
  ///
  /// - Parameter tell: is told what is found, a line each.
  /// - Returns: the exit status.
  public func run(_ tell: @Sendable (String) -> Void) async -> Int32 {
    let configuration: PlatformConfiguration
    let keys: LoadedKeys
    do throws(PlatformConfigurationError) {
      let loaded = try PlatformConfiguration.load(path: path, environment: environment)
      configuration = loaded.configuration
      keys = try LoadedKeys(configuration)
      for warning in loaded.warnings + keys.warnings { tell("warning: \(warning)") }
    } catch {
      tell("error: \(error)")
      return PlatformConfigurationError.exitCode
    }
    tell("configuration: \(path)")
    tell("server: \(configuration.nats.servers.map(\.description).joined(separator: ", "))")
    tell("issuer: \(keys.issuer.publicKey)")
    tell("xkey: \(keys.xkey?.publicKey.description ?? "none, requests of the callout are not encrypted")")
    guard connects else { return 0 }
    let fleet = await connect("fleet", configuration.nats, configuration.nats.fleetSeed, tell) { client in
      _ = try await JetStream(client).accountInfo()
      return "JetStream answers"
    }
    let system = await connect("system", configuration.nats, configuration.nats.systemSeed, tell) { client in
      _ = try await client.request([], to: "$SYS.REQ.SERVER.PING", timeout: .seconds(5))
      return "the system account answers"
    }
    return fleet == 0 ? system : fleet
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

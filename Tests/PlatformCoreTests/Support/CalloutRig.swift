import Logging
import NATS
import NATSTesting
import NIOCore
import NKeys
import XKeys

@testable import PlatformCore

/// A nats-server in configuration mode with the platform's callout.
struct CalloutRig: Sendable {
  let server: NATSServerProcess
  let directory: FakeCredentialDirectory
  let audit: KeptAudit
  let control: ServerControl
  let counters: PlatformCounters
  let platform: NATSClient
  let callout: AuthCallout

  struct Keys: Sendable {
    let issuer: NKeyPair
    let platform: NKeyPair
    let system: NKeyPair
    let xkey: XKeyPair?

    init(encrypted: Bool = false) throws {
      issuer = try NKeyPair(generating: .account)
      platform = try NKeyPair(generating: .user)
      system = try NKeyPair(generating: .user)
      xkey = encrypted ? try XKeyPair() : nil
    }

    /// The configuration of every server of the test.
    func configuration(
      _ ports: NATSServerProcess.Ports, storeIn folder: String? = nil, routes: [Int] = []
    ) -> String {
      let urls = routes.map { "nats://127.0.0.1:\($0)" }.joined(separator: ", ")
      let cluster =
        routes.isEmpty ? "" : "cluster { name: c, listen: \"127.0.0.1:\(ports.cluster)\", routes: [\(urls)] }"
      return """
          \(cluster)
        websocket { host: "::1", port: \(ports.webSocket), no_tls: true }
        accounts {
          FLEET { \(folder.map { _ in "jetstream: enabled," } ?? "") users: [{ nkey: \(platform) }] }
          SYS { users: [{ nkey: \(system) }] }
        }
        \(folder.map { "jetstream { store_dir: \"\($0)\" }" } ?? "")
        system_account: SYS
        authorization {
          timeout: 7
          auth_callout {
            issuer: \(issuer)
            account: FLEET
            auth_users: [\(platform), \(system)]
            \(xkey.map { "xkey: \($0)" } ?? "")
          }
        }
        """
    }
  }

  /// Runs `body` beside a server, both platform clients, callout, control and enforcer.
  static func run<R: Sendable>(
    encrypted: Bool = false, _ adjust: (inout CalloutSettings) -> Void = { _ in },
    _ body: (CalloutRig) async throws -> R
  ) async throws -> R {
    let keys = try Keys(encrypted: encrypted)
    let server = try await NATSServerProcess.start { keys.configuration($0) }
    defer { server.stop() }
    return try await run(on: server, keys: keys, adjust, body)
  }

  static func run<R: Sendable>(
    on server: NATSServerProcess, keys: Keys, _ adjust: (inout CalloutSettings) -> Void = { _ in },
    directory: FakeCredentialDirectory = FakeCredentialDirectory(), _ body: (CalloutRig) async throws -> R
  ) async throws -> R {
    var settings = CalloutSettings(issuer: keys.issuer, xkey: keys.xkey)
    adjust(&settings)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    return try await withClient(staticUser(keys.platform, server.url)) { platform in
      try await withClient(staticUser(keys.system, server.url)) { system in
        let control = ServerControl(client: system, pageSize: 4, logger: logger)
        let audit = KeptAudit()
        let counters = PlatformCounters()
        let callout = AuthCallout(
          client: platform, directory: directory, audit: audit, servers: control, settings: settings,
          counters: counters, logger: logger)
        let enforcer = RevocationEnforcer(
          directory: directory, servers: control, account: settings.account, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await control.run() }
          group.addTask { try await callout.run() }
          group.addTask { await enforcer.run() }
          defer { group.cancelAll() }
          // The subscriptions are active after the flush.
          try await callout.ready()
          return try await body(
            CalloutRig(
              server: server, directory: directory, audit: audit, control: control, counters: counters,
              platform: platform, callout: callout))
        }
      }
    }
  }

  static func staticUser(_ key: NKeyPair, _ url: String) throws -> NATSClientConfiguration {
    try configuration(url) { configuration in
      configuration.credentials = { .nkey(publicKey: key.description, sign: { try key.sign($0) }) }
    }
  }

  /// The client configuration of an agent.
  ///
  /// - Parameter fromElsewhere: Connects from another address, by WebSocket.
  func agent(
    _ uuid: String, token: String, name: String? = nil, fromElsewhere: Bool = false
  ) throws -> NATSClientConfiguration {
    try configuration(fromElsewhere ? "ws://[::1]:\(server.ports.webSocket)" : server.url) { configuration in
      configuration.name = name ?? "plusclouds-vm-agent:\(uuid)"
      configuration.credentials = { .userPassword(uuid, token) }
    }
  }

  /// The client configuration of an operator.
  func `operator`(_ name: String, token: String) throws -> NATSClientConfiguration {
    try configuration(server.url) { configuration in
      configuration.inboxPrefix = "_INBOX_\(name)"
      configuration.credentials = { .userPassword(name, token) }
    }
  }

  /// Whether the server accepts a client.
  func accepts(_ configuration: NATSClientConfiguration) async throws -> Bool {
    var once = configuration
    once.retryOnFailedInitialConnect = false
    once.reconnect.maxReconnects = 0
    let client = makeClient(once)
    let events = client.events
    return try await within(testTimeout, "an answer") {
      try await withThrowingTaskGroup(of: Bool?.self) { group in
        group.addTask {
          // The events contain the reason.
          try? await client.run()
          return nil
        }
        group.addTask {
          for await event in events {
            switch event {
            case .connected: return true
            case .connectFailed(_, let error, _):
              guard error.code == .authorizationViolation else { throw error }
              return false
            default: continue
            }
          }
          return nil
        }
        defer { client.close() }
        for try await result in group {
          guard let result else { continue }
          client.close()
          return result
        }
        return false
      }
    }
  }
}

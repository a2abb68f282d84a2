import NATS
import NKeys

extension NATSClientConfiguration {
  /// The platform's connection as the user of a seed, which is read again for each connection.
  static func platform(
    _ connection: PlatformConfiguration.Connection, seed: SeedFile, name: String
  ) -> NATSClientConfiguration {
    var result = NATSClientConfiguration(servers: connection.servers, name: name, tls: connection.tls) {
      let (pair, _) = try seed.keyPair(.user)
      return .nkey(publicKey: pair.publicKey.description) { try pair.sign($0) }
    }
    // Agents that reconnect before the platform wait for it for a few seconds only.
    result.reconnect = NATSReconnectPolicy(initialDelay: .milliseconds(50), maxDelay: .milliseconds(250))
    result.ignoreDiscoveredServers = !connection.discover
    result.connectTimeout = .seconds(3)
    // A dead server is detected while agents still wait for their answers.
    result.pingInterval = .seconds(5)
    // Late answers are useless, and commands are sent again.
    result.pendingBufferSize = 1 << 20
    return result
  }
}

import NATS
import NKeys

extension NATSClientConfiguration {
  /// How the platform connects, as the user of a seed, which is read anew for each connection.
  static func platform(
    _ connection: PlatformConfiguration.Connection, seed: SeedFile, name: String
  ) -> NATSClientConfiguration {
    var result = NATSClientConfiguration(servers: connection.servers, name: name, tls: connection.tls) {
      let (pair, _) = try seed.keyPair(.user)
      return .nkey(publicKey: pair.publicKey.description) { try pair.sign($0) }
    }
    // Agents that are back before the platform wait for it, and in vain after a few seconds.
    result.reconnect = NATSReconnectPolicy(initialDelay: .milliseconds(50), maxDelay: .milliseconds(250))
    result.ignoreDiscoveredServers = !connection.discover
    result.connectTimeout = .seconds(3)
    // A server that is gone without a word is noticed while agents still wait for their answers.
    result.pingInterval = .seconds(5)
    // Answers that come late are of no use to anybody, and commands are sent again.
    result.pendingBufferSize = 1 << 20
    return result
  }
}

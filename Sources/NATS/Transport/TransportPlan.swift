import Glibc
import NIOCore

/// The settings of one stream, prepared before the first packet is sent.
struct TransportPlan: Sendable {
  let server: NATSServerAddress
  let proxy: NATSProxy?
  /// The TLS client, if the TLS handshake comes first.
  let tls: TLSClient?
  let webSocketCompression: Bool
  let deadline: NIODeadline
  let install: @Sendable (any Channel) throws -> Void

  init(
    server: NATSServerAddress, connector: TransportConnector, deadline: NIODeadline, eventLoop: any EventLoop,
    install: @escaping @Sendable (any Channel) throws -> Void
  ) async throws(NATSError) {
    let tls = connector.tls
    try tls.validate(for: [server])
    if server.scheme == .wss || (!server.scheme.isWebSocket && tls.mode == .first) {
      self.tls = try await TLSClient.load(tls, server: server, on: eventLoop).value(
        by: deadline, orThrow: NATSError(.timeout, "reading the TLS files took too long"))
    } else {
      self.tls = nil
    }
    self.server = server
    proxy = try connector.proxy(for: server)
    webSocketCompression = connector.webSocketCompression
    self.deadline = deadline
    self.install = install
  }

  /// Converts the error of a failed TCP connect.
  func connectError(_ error: any Error, address: SocketAddress) -> NATSError {
    if let error = error as? NATSError { return error }
    let target = proxy.map { "the proxy \($0)" } ?? "\(server)"
    let ip = address.ipAddress ?? "\(address)"
    let reason =
      switch error {
      case let error as IOError: String(cString: strerror(error.errnoCode))
      case ChannelError.connectTimeout: "no answer in time"
      default: "\(error)"
      }
    return NATSError(.connectionFailed, "cannot connect to \(target) at \(ip): \(reason)")
  }
}

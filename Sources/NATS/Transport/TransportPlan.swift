import Glibc
import NIOCore

/// Everything needed to open one stream, made before the first packet is sent.
struct TransportPlan: Sendable {
  let server: NATSServerAddress
  let proxy: NATSProxy?
  let deadline: NIODeadline
  let install: @Sendable (any Channel) throws -> Void

  init(
    server: NATSServerAddress, connector: TransportConnector, deadline: NIODeadline, eventLoop: any EventLoop,
    install: @escaping @Sendable (any Channel) throws -> Void
  ) async throws(NATSError) {
    self.server = server
    proxy = connector.proxy
    self.deadline = deadline
    self.install = install
  }

  /// What a failed TCP connect means.
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

import Logging
import NATS

/// Logs the events of a connection: an outage once, and nothing while a server is starting.
struct ConnectionLog: Sendable {
  /// `fleet` or `system`.
  var name: String
  var logger: Logger

  /// The time that a server may take to start.
  private static let startTimeout = Duration.seconds(1)

  func run(_ events: NATSEvents) async {
    var isConnected = false
    var since = ContinuousClock.now
    var lastFailure: NATSError?
    for await event in events {
      switch event {
      case .connected(let connectionID, let server, let info):
        logger.info(
          "connected",
          metadata: [
            "connection": "\(name)", "server": "\(server)", "server_version": "\(info.version)",
            "connection_number": "\(connectionID)",
          ])
        isConnected = true
        lastFailure = nil
      case .disconnected(let error):
        guard isConnected, let error else { continue }
        isConnected = false
        since = .now
        logger.warning("connection lost", metadata: ["connection": "\(name)", "reason": "\(error.message)"])
      case .connectFailed(let server, let error, _):
        let isRefusal = error.code == .authorizationViolation
        guard error.code != lastFailure?.code, isRefusal || since.duration(to: .now) > Self.startTimeout
        else {
          continue
        }
        lastFailure = error
        logger.warning(
          "connection failed, retrying",
          metadata: ["connection": "\(name)", "server": "\(server)", "reason": "\(error)"])
      case .permissionsViolation(let error):
        logger.error(
          "the server denied a permission", metadata: ["connection": "\(name)", "reason": "\(error.message)"])
      case .subscriptionRestored(let subject):
        logger.info(
          "the server accepts the subscription again",
          metadata: ["connection": "\(name)", "subject": "\(subject)"])
      case .slowConsumer(let subject, let dropped):
        logger.error(
          "messages were dropped, a subscription is too slow",
          metadata: ["connection": "\(name)", "subject": "\(subject)", "dropped": "\(dropped)"])
      case .serverError(let text):
        logger.warning(
          "the server reported an error", metadata: ["connection": "\(name)", "reason": "\(text)"])
      case .lameDuck:
        logger.info("the server is shutting down", metadata: ["connection": "\(name)"])
      case .serversDiscovered, .closed: continue
      }
    }
  }
}

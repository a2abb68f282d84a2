import Logging
import NATS

/// Tells in the log what becomes of a connection: an outage once, and not that a server which is starting is not there yet.
struct ConnectionLog: Sendable {
  /// `fleet` or `system`.
  var name: String
  var logger: Logger

  /// What a server that starts may take.
  private static let patience = Duration.seconds(1)

  func follow(_ events: NATSEvents) async {
    var isConnected = false
    var since = ContinuousClock.now
    var lastFailure: NATSError?
    for await event in events {
      switch event {
      case .connected(let epoch, let server, let info):
        logger.info(
          "connected",
          metadata: [
            "connection": "\(name)", "server": "\(server)", "server_version": "\(info.version)",
            "connection_number": "\(epoch)",
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
        guard error.code != lastFailure?.code, isRefusal || since.duration(to: .now) > Self.patience else {
          continue
        }
        lastFailure = error
        logger.warning(
          "no connection, trying on",
          metadata: ["connection": "\(name)", "server": "\(server)", "reason": "\(error)"])
      case .permissionsViolation(let error):
        logger.error("the server refused", metadata: ["connection": "\(name)", "reason": "\(error.message)"])
      case .subscriptionRestored(let subject):
        logger.info(
          "the server accepts the subscription again",
          metadata: ["connection": "\(name)", "subject": "\(subject)"])
      case .slowConsumer(let subject, let dropped):
        logger.error(
          "messages were dropped, more came than could be worked on",
          metadata: ["connection": "\(name)", "subject": "\(subject)", "dropped": "\(dropped)"])
      case .serverError(let text):
        logger.warning("the server complains", metadata: ["connection": "\(name)", "reason": "\(text)"])
      case .lameDuck:
        logger.info("the server is going to stop", metadata: ["connection": "\(name)"])
      case .serversDiscovered, .closed: continue
      }
    }
  }
}

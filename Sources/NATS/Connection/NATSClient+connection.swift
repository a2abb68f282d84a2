import DequeModule
import Locks
import Logging
import NIOCore

extension NATSClient: ConnectionDelegate {
  func connection(_ connection: ConnectionHandler, received frames: inout Deque<MessageFrame>, sid: UInt64) {
    var bytes = 0
    for frame in frames { bytes &+= frame.contentLength }
    inbound.add(messages: frames.count, bytes: bytes)
    if sid == SubscriptionTable.repliesSID {
      while let frame = frames.popFirst() { receiveReply(frame, connectionID: connection.connectionID) }
      return
    }
    guard let subscription = subscription(sid) else { return }
    let appended = subscription.append(&frames, connectionID: connection.connectionID)
    onLoop.value.touched.append(subscription)
    if appended.dropped > 0 { inbound.add(dropped: appended.dropped) }
    if let dropped = appended.episodeOfDrops {
      logger.warning(
        "messages dropped: their reader is too slow",
        metadata: ["subject": "\(subscription.subject)", "dropped": "\(dropped)"])
      hub.send(.slowConsumer(subject: subscription.subject, dropped: dropped))
    }
    if appended.isComplete { subscriptions.withLock { _ = $0.remove(sid) } }
  }

  private func subscription(_ sid: UInt64) -> NATSSubscription? {
    if let last = onLoop.value.last, last.sid == sid { return last }
    let found = subscriptions.withLock { $0.subscriptions[sid] }
    if let found { onLoop.value.last = found }
    return found
  }

  func connectionReadCompleted(_ connection: ConnectionHandler) {
    guard !onLoop.value.touched.isEmpty else { return }
    let touched = onLoop.value.touched
    onLoop.value.touched.removeAll(keepingCapacity: true)
    for subscription in touched { subscription.wake() }
  }

  func connectionTakesOutbound(_ connection: ConnectionHandler) -> OutboundBatch? {
    guard connection === onLoop.value.current else { return nil }
    return outbound.withLock { $0.take() }
  }

  func connection(_ connection: ConnectionHandler, wrote batch: consuming ByteBuffer) -> Bool {
    guard connection === onLoop.value.current else { return false }
    let bytes = batch
    let (more, resume) = outbound.withLock { $0.wrote(bytes) }
    for continuation in resume { continuation.resume() }
    return more
  }

  func connection(_ connection: ConnectionHandler, settles confirmations: [Confirmation], error: NATSError?) {
    for confirmation in confirmations {
      resumeWaiter(confirmation.waiter, error.map { .failure($0) } ?? .success(nil))
    }
  }

  func connection(_ connection: ConnectionHandler, received info: NATSServerInfo, lameDuck: Bool) {
    guard connection === onLoop.value.current else { return }
    outbound.withLock { $0.limitsChanged(maxPayload: info.maxPayload, headers: info.headers) }
    lifecycle.withLock {
      $0.move(
        to: .connected(
          connectionID: connection.connectionID, server: connection.settings.server, serverInfo: info))
    }
    updatePool(from: info, of: connection)
    if lameDuck {
      hub.send(.lameDuck)
      connection.settings.signals.yield(.lameDuck)
    }
  }

  /// Adds the servers that an INFO announces to the pool.
  func updatePool(from info: NATSServerInfo, of connection: ConnectionHandler) {
    let added = pool.withLock {
      $0.gossip(from: connection.settings.server, info: info, isEncrypted: connection.isEncrypted)
    }
    guard !added.isEmpty else { return }
    logger.debug("servers discovered", metadata: ["servers": "\(added.map(\.description))"])
    hub.send(.serversDiscovered(added))
  }

  func connection(_ connection: ConnectionHandler, reports kind: ServerErrorKind, text: String) {
    switch kind {
    case .permissionsViolation(let violation):
      let error = NATSError(
        .permissionsViolation, "the server refused the operation: \(text)", subject: violation.subject)
      if connection === onLoop.value.current { refuse(violation, error: error) }
      hub.send(.permissionsViolation(error))
    default:
      hub.send(.serverError(text))
    }
  }

  func connectionEnded(_ connection: ConnectionHandler, error: NATSError?) {
    defer {
      connection.settings.signals.yield(.ended(error))
      connection.settings.signals.finish()
    }
    guard connection === onLoop.value.current else { return }
    onLoop.value.current = nil
    let isOver = lifecycle.withLock { lifecycle in
      lifecycle.move(to: .reconnecting)
      return lifecycle.state == .closed
    }
    let (failed, resume) = outbound.withLock { $0.disconnected() }
    for continuation in resume { continuation.resume() }
    fail(failed)
    let reason = error ?? (isOver ? nil : NATSError(.connectionClosed, "the server closed the connection"))
    hub.send(.disconnected(reason))
  }

  private func fail(_ confirmations: [Confirmation]) {
    let lost = NATSError(.connectionClosed, "the connection was lost before the message was sent")
    for confirmation in confirmations { resumeWaiter(confirmation.waiter, .failure(lost)) }
  }

  /// Puts an established connection into use and retires the previous one, if there is one.
  ///
  /// - Throws: ``NATSError/Code/connectionFailed`` if the connection has been lost meanwhile.
  func activate(_ connection: ConnectionHandler) throws(NATSError) {
    guard connection.isReady, let info = connection.info else {
      throw NATSError(
        .connectionFailed, "\(connection.settings.server) closed the connection after the handshake")
    }
    let server = connection.settings.server
    let previous = onLoop.value.current
    let connectionID = lifecycle.withLock { lifecycle in
      lifecycle.lastConnectionID += 1
      lifecycle.move(
        to: .connected(connectionID: lifecycle.lastConnectionID, server: server, serverInfo: info))
      return lifecycle.lastConnectionID
    }
    onLoop.value.current = connection
    let (bytes, complete, sids, handover) = subscriptions.withLock { table in
      let (bytes, complete) = table.resubscribe(repliesSubject: repliesSubject)
      for subscription in complete { table.remove(subscription.sid) }
      let handover = outbound.withLock {
        $0.connected(connectionID: connectionID, maxPayload: info.maxPayload, headers: info.headers)
      }
      return (bytes, complete, table.sids, handover)
    }
    for subscription in complete { subscription.finish() }
    for continuation in handover.resume { continuation.resume() }
    fail(handover.failed)
    if handover.dropped > 0 {
      let text = "\(handover.dropped) buffered messages exceed the limits of \(server) and were dropped"
      logger.warning("\(text)")
      hub.send(.serverError(text))
    }
    connection.activate(connectionID: connectionID, subscriptions: bytes)
    // A PONG shows whether this server accepts the subscriptions that an earlier one refused.
    if subscriptions.withLock({ !$0.refused.isEmpty }) { refusals.signal.yield() }
    previous?.retire(unsubscribing: sids, grace: .seconds(2))
    hub.send(.connected(connectionID: connectionID, server: server, serverInfo: info))
    updatePool(from: info, of: connection)
    if info.lameDuckMode {
      hub.send(.lameDuck)
      connection.settings.signals.yield(.lameDuck)
    }
  }
}

import Locks
public import NIOCore

extension NATSClient {
  /// Publishes, and returns when a PONG came back that was asked for after the message: the server has it, and has
  /// not refused its subject. Confirmations that wait at the same time share a PING. While
  /// ``NATSClientConfiguration/writeLimit`` is reached it waits for room, but never for another connection.
  ///
  /// - Parameters:
  ///   - connectionID: publishes only if this is still the number of the connection.
  ///   - timeout: how long to try for room, and to wait for the PONG.
  /// - Throws: ``NATSError/Code/permissionsViolation`` if the server refused the subject;
  ///   ``NATSError/Code/notConnected`` or ``NATSError/Code/connectionClosed`` if there was no connection, not this one, or
  ///   it went before the PONG (the message may have arrived then); ``NATSError/Code/timeout``,
  ///   ``NATSError/Code/cancelled``; and as ``publish(_:to:replyTo:headers:)`` does.
  public func publishAndFlush(
    _ payload: [UInt8], to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil,
    on connectionID: UInt64? = nil, timeout: Duration = .seconds(10)
  ) async throws(NATSError) {
    try await publishAndFlush(
      ByteBuffer(bytes: payload), to: subject, replyTo: replyTo, headers: headers, on: connectionID,
      timeout: timeout
    )
  }

  /// Publishes and waits for confirmation, as the other `publishAndFlush` does.
  public func publishAndFlush(
    _ payload: ByteBuffer, to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil,
    on connectionID: UInt64? = nil, timeout: Duration = .seconds(10)
  ) async throws(NATSError) {
    let encoded = headers.map(HeaderCodec.encode)
    let deadline = ContinuousClock.now + timeout
    while true {
      do throws(NATSError) {
        return try await publishAndFlushOnce(
          payload, to: subject, replyTo: replyTo, headers: encoded, on: connectionID, timeout: deadline - .now
        )
      } catch {
        guard error.code == .pendingBufferFull, deadline > .now, try await waitForRoom() else { throw error }
      }
    }
  }

  private func publishAndFlushOnce(
    _ payload: ByteBuffer, to subject: String, replyTo: String?, headers: [UInt8]?, on connectionID: UInt64?,
    timeout: Duration
  ) async throws(NATSError) {
    _ = try await wait(for: .confirmation, timeout: timeout) { [self] id throws(NATSError) in
      let confirmation = Confirmation(waiter: id, subject: subject, replyTo: replyTo)
      let outcome: OutboundQueue.Outcome = payload.withUnsafeReadableBytes { payload in
        Self.withBytes(of: subject) { subject in
          Self.withOptionalBytes(of: replyTo) { replyTo in
            guard Subject.isPublishable(subject), replyTo.map(Subject.isPublishable) ?? true else {
              return .invalidSubject
            }
            return outbound.withLock {
              $0.publishAndFlush(
                subject: subject, replyTo: replyTo, headers: headers, payload: payload,
                limit: configuration.writeLimit, connectionID: connectionID, confirmation: confirmation)
            }
          }
        }
      }
      try settle(outcome, size: payload.readableBytes, subject: subject, isFinal: false)
    }
  }

  /// Waits until the server has everything that was published before: a PING is answered in order.
  ///
  /// - Parameters:
  ///   - connectionID: asks only if this is still the number of the connection.
  ///   - timeout: how long to wait for the PONG.
  /// - Throws: ``NATSError/Code/notConnected``, ``NATSError/Code/connectionClosed``, ``NATSError/Code/timeout``,
  ///   ``NATSError/Code/cancelled``.
  public func flush(on connectionID: UInt64? = nil, timeout: Duration = .seconds(10)) async throws(NATSError)
  {
    _ = try await wait(for: .confirmation, timeout: timeout) { [self] id throws(NATSError) in
      let outcome = outbound.withLock {
        $0.confirm(Confirmation(waiter: id, subject: nil, replyTo: nil), connectionID: connectionID)
      }
      switch outcome {
      case .accepted: break
      case .acceptedNeedsFlush: wakeLoop()
      case .closed: throw NATSError(.connectionClosed, "the client is closed")
      case .wrongConnection: throw NATSError(.connectionClosed, "the connection to flush is gone")
      default: throw NATSError(.notConnected, "there is no connection to flush")
      }
    }
  }
}

import Locks
public import NIOCore

extension NATSClient {
  /// Publishes a message and waits until the server has processed it without refusing its subject.
  ///
  /// A PING is sent after the message, and the method returns with its PONG. Concurrent calls share a PING. While
  /// ``NATSClientConfiguration/writeLimit`` is reached the method waits for space in the write buffer, but never for another
  /// connection.
  ///
  /// - Parameters:
  ///   - connectionID: publishes only while the connection with this ID is in use; nil accepts any connection.
  ///   - timeout: the maximum time to wait, for buffer space and for the PONG.
  /// - Throws: ``NATSError/Code/permissionsViolation`` if the server refused the subject;
  ///   ``NATSError/Code/notConnected`` if there is no connection; ``NATSError/Code/connectionClosed`` if another connection is in
  ///   use or the connection was lost before the PONG (the message may have arrived); ``NATSError/Code/timeout``;
  ///   ``NATSError/Code/cancelled``; and the errors of ``publish(_:to:replyTo:headers:)``.
  public func publishAndFlush(
    _ payload: [UInt8], to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil,
    on connectionID: UInt64? = nil, timeout: Duration = .seconds(10)
  ) async throws(NATSError) {
    try await publishAndFlush(
      ByteBuffer(bytes: payload), to: subject, replyTo: replyTo, headers: headers, on: connectionID,
      timeout: timeout
    )
  }

  /// Publishes a message and waits until the server has processed it. Same as the overload for `[UInt8]`.
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
        guard error.code == .pendingBufferFull, deadline > .now, try await waitForCapacity() else {
          throw error
        }
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

  /// Sends a PING and waits for its PONG. The server has then processed everything published before.
  ///
  /// - Parameters:
  ///   - connectionID: flushes only while the connection with this ID is in use; nil accepts any connection.
  ///   - timeout: the maximum time to wait for the PONG.
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
      case .wrongConnection: throw NATSError(.connectionClosed, "the given connection is no longer in use")
      default: throw NATSError(.notConnected, "there is no connection to flush")
      }
    }
  }
}

import Encoding
import Locks
public import NIOCore

extension NATSClient {
  /// Appends a message to the write buffer. Never suspends.
  ///
  /// Without a connection the message is buffered, up to ``NATSClientConfiguration/pendingBufferSize``.
  ///
  /// - Throws: ``NATSError/Code/invalidSubject``, ``NATSError/Code/payloadTooLarge`` (over the server's limit),
  ///   ``NATSError/Code/headersNotSupported``, ``NATSError/Code/pendingBufferFull``,
  ///   ``NATSError/Code/notConnected`` (there is no pending buffer), ``NATSError/Code/draining``,
  ///   ``NATSError/Code/connectionClosed``.
  public func publish(
    _ payload: [UInt8], to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil
  ) throws(NATSError) {
    let outcome = payload.withUnsafeBytes {
      append($0, to: subject, replyTo: replyTo, headers: headers, limit: configuration.writeLimit)
    }
    try settle(outcome, size: payload.count, subject: subject, isFinal: true)
  }

  /// Appends a message to the write buffer. Same as the overload for `[UInt8]`.
  public func publish(
    _ payload: ByteBuffer, to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil
  ) throws(NATSError) {
    let outcome = payload.withUnsafeReadableBytes {
      append($0, to: subject, replyTo: replyTo, headers: headers, limit: configuration.writeLimit)
    }
    try settle(outcome, size: payload.readableBytes, subject: subject, isFinal: true)
  }

  /// Publishes a message with back-pressure: suspends while more than ``NATSClientConfiguration/writeHighWaterMark`` bytes wait to
  /// be written.
  ///
  /// - Throws: ``NATSError/Code/cancelled``, and the errors of ``publish(_:to:replyTo:headers:)``. The pending buffer has the same
  ///   limit as there.
  public func publishWithBackpressure(
    _ payload: [UInt8], to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil
  ) async throws(NATSError) {
    while true {
      let outcome = payload.withUnsafeBytes {
        append($0, to: subject, replyTo: replyTo, headers: headers, limit: configuration.writeHighWaterMark)
      }
      if outcome == .accepted { return }
      guard outcome == .full, try await waitForCapacity() else {
        return try settle(outcome, size: payload.count, subject: subject, isFinal: true)
      }
    }
  }

  /// Publishes a message with back-pressure. Same as the overload for `[UInt8]`.
  public func publishWithBackpressure(
    _ payload: ByteBuffer, to subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil
  ) async throws(NATSError) {
    while true {
      let outcome = payload.withUnsafeReadableBytes {
        append($0, to: subject, replyTo: replyTo, headers: headers, limit: configuration.writeHighWaterMark)
      }
      if outcome == .accepted { return }
      guard outcome == .full, try await waitForCapacity() else {
        return try settle(outcome, size: payload.readableBytes, subject: subject, isFinal: true)
      }
    }
  }

  // MARK: Appending

  @inline(__always)
  func append(
    _ payload: UnsafeRawBufferPointer, to subject: String, replyTo: String?, headers: NATSHeaders?, limit: Int
  ) -> OutboundQueue.Outcome {
    if replyTo == nil, headers == nil {
      return Self.withBytes(of: subject) { subject in
        guard Subject.isPublishable(subject) else { return .invalidSubject }
        return outbound.withLock {
          $0.publish(subject: subject, replyTo: nil, headers: nil, payload: payload, limit: limit)
        }
      }
    }
    let headers = headers.map(HeaderCodec.encode)
    return Self.withBytes(of: subject) { subject in
      Self.withOptionalBytes(of: replyTo) { replyTo in
        guard Subject.isPublishable(subject), replyTo.map(Subject.isPublishable) ?? true else {
          return .invalidSubject
        }
        return outbound.withLock {
          $0.publish(subject: subject, replyTo: replyTo, headers: headers, payload: payload, limit: limit)
        }
      }
    }
  }

  /// Calls `body` with the UTF-8 bytes of a string. A native string is not copied.
  @inline(__always)
  static func withBytes<R>(of string: String, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let result = string.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = string
    return copy.withUTF8(body)
  }

  @inline(__always)
  static func withOptionalBytes<R>(of string: String?, _ body: (UnsafeBufferPointer<UInt8>?) -> R) -> R {
    guard let string else { return body(nil) }
    return withBytes(of: string) { body($0) }
  }

  /// Wakes the event loop if the queue needs a flush, or throws the error of a refused message.
  ///
  /// - Parameter isFinal: whether the caller does not retry a refused message.
  @inline(__always)
  func settle(
    _ outcome: OutboundQueue.Outcome, size: Int, subject: String, isFinal: Bool
  ) throws(NATSError) {
    switch outcome {
    case .accepted: return
    case .acceptedNeedsFlush: wakeLoop()
    default:
      if isFinal, outcome == .full { outbound.withLock { $0.countRefused() } }
      throw refusal(outcome, size: size, subject: subject)
    }
  }

  func wakeLoop() {
    eventLoop.execute { [self] in
      if let current = onLoop.value.current { current.flush() }
    }
  }

  @inline(never)
  func refusal(_ outcome: OutboundQueue.Outcome, size: Int, subject: String) -> NATSError {
    switch outcome {
    case .accepted, .acceptedNeedsFlush, .notConnected:
      return NATSError(.notConnected, "there is no connection", subject: subject)
    case .invalidSubject:
      return NATSError(
        .invalidSubject,
        "subject or reply subject can't be published to: \(subject.prefix(bytes: 200).debugDescription)",
        subject: subject)
    case .tooLarge:
      let limit = outbound.withLock { $0.maxPayload }
      return NATSError(
        .payloadTooLarge, "a message of \(size) bytes and its headers exceed the server's limit of \(limit)",
        subject: subject)
    case .headersNotSupported:
      return NATSError(.headersNotSupported, "the server does not support headers", subject: subject)
    case .full:
      return NATSError(.pendingBufferFull, "the write buffer is full", subject: subject)
    case .wrongConnection:
      return NATSError(.connectionClosed, "the given connection is no longer in use", subject: subject)
    case .draining:
      return NATSError(.draining, "the client is draining and accepts no more publishes", subject: subject)
    case .closed:
      return NATSError(.connectionClosed, "the client is closed", subject: subject)
    }
  }

  /// Suspends until the write buffer has space.
  ///
  /// - Returns: false if there is no connection, so that a retry is pointless.
  func waitForCapacity() async throws(NATSError) -> Bool {
    let connected = outbound.withLock { queue in
      if case .connected = queue.mode { true } else { false }
    }
    guard connected else { return false }
    let id = waiters.withLock { $0.nextID() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waits = outbound.withLock {
          !Task.isCancelled && $0.awaitCapacity(id, continuation)
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      outbound.withLock { $0.removeCapacityWaiter(id) }?.resume()
    }
    if Task.isCancelled { throw NATSError(.cancelled, "the publisher was cancelled while it waited") }
    return true
  }
}

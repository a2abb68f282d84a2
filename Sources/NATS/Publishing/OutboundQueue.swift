import NIOCore

/// The write buffer of a client, which all publishers append to under the client's lock.
///
/// Without a connection it holds publishes only. With one it also holds operations such as SUB, whose ranges are recorded because
/// they are not valid on another connection.
struct OutboundQueue {
  enum Mode: Equatable {
    case disconnected
    case connected(UInt64)
    case closed
  }

  /// The result of an append.
  enum Outcome {
    case accepted
    /// Accepted, and the caller has to wake the event loop.
    case acceptedNeedsFlush
    case invalidSubject
    case tooLarge
    case headersNotSupported
    case full
    case notConnected
    case wrongConnection
    case draining
    case closed
  }

  private(set) var mode: Mode = .disconnected
  /// Whether publishes are rejected because the client is at the end of its drain.
  var isDraining = false
  private(set) var messages: UInt64 = 0
  private(set) var contentBytes: UInt64 = 0
  private(set) var refused: UInt64 = 0
  private(set) var maxPayload = Int.max
  private var allowsHeaders = true
  private var buffer = ByteBuffer()
  private var spare: ByteBuffer?
  /// The ranges of the buffer that are valid on the current connection only.
  private var connectionBound: [Range<Int>] = []
  private var confirmations: [Confirmation] = []
  private var inFlight = 0
  /// Whether a flush is scheduled, so that no other one is needed.
  private var isFlushScheduled = false
  private var capacityWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  private let pendingLimit: Int
  private let keptCapacity: Int

  init(pendingLimit: Int, keptCapacity: Int) {
    self.pendingLimit = pendingLimit
    self.keptCapacity = keptCapacity
  }

  /// The ID of the connection in use; nil without one.
  var connectionID: UInt64? {
    if case .connected(let connectionID) = mode { connectionID } else { nil }
  }

  /// Bytes that have not been written yet.
  var pendingBytes: Int { buffer.readableBytes + inFlight }

  // MARK: Publishing

  /// Appends a publish.
  ///
  /// - Parameter limit: the bytes that may wait while there is a connection. An empty queue accepts a message of any size.
  @inline(__always)
  mutating func publish(
    subject: UnsafeBufferPointer<UInt8>, replyTo: UnsafeBufferPointer<UInt8>?, headers: [UInt8]?,
    payload: UnsafeRawBufferPointer, limit: Int
  ) -> Outcome {
    let content = payload.count &+ (headers?.count ?? 0)
    if content > maxPayload { return .tooLarge }
    if headers != nil, !allowsHeaders { return .headersNotSupported }
    if isDraining { return .draining }
    let waiting = buffer.readableBytes
    switch mode {
    case .connected:
      if waiting &+ inFlight &+ content > limit, waiting &+ inFlight > 0 {
        return .full
      }
    case .disconnected:
      if pendingLimit == 0 { return .notConnected }
      if waiting &+ content &+ subject.count &+ 32 > pendingLimit {
        return .full
      }
    case .closed: return .closed
    }
    let capacity = ClientOperationEncoder.publishCapacity(
      subject: subject.count, replyTo: replyTo?.count ?? 0, headers: headers?.count ?? 0,
      payload: payload.count)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { target in
      guard let start = target.baseAddress else { return 0 }
      return ClientOperationEncoder.publish(
        subject: subject, replyTo: replyTo, headers: headers, payload: payload, to: start)
    }
    messages &+= 1
    contentBytes &+= UInt64(truncatingIfNeeded: content)
    return needsFlush() ? .acceptedNeedsFlush : .accepted
  }

  /// Appends a publish and a confirmation. Both are dropped with the connection.
  mutating func publishAndFlush(
    subject: UnsafeBufferPointer<UInt8>, replyTo: UnsafeBufferPointer<UInt8>?, headers: [UInt8]?,
    payload: UnsafeRawBufferPointer, limit: Int, connectionID: UInt64?, confirmation: Confirmation
  ) -> Outcome {
    switch mode {
    case .closed: return .closed
    case .disconnected: return .notConnected
    case .connected(let current):
      if let connectionID, connectionID != current { return .wrongConnection }
    }
    let start = buffer.writerIndex
    let outcome = publish(
      subject: subject, replyTo: replyTo, headers: headers, payload: payload, limit: limit)
    switch outcome {
    case .accepted, .acceptedNeedsFlush:
      markConnectionBound(from: start)
      confirmations.append(confirmation)
    default: break
    }
    return outcome
  }

  /// Counts a rejected publish that is not retried.
  mutating func countRefused() { refused &+= 1 }

  // MARK: Other operations

  /// Appends an operation that is valid on the current connection only. Without a connection it is dropped.
  mutating func control(_ encode: (inout [UInt8]) -> Void) -> Outcome {
    switch mode {
    case .closed: return .closed
    case .disconnected: return .notConnected
    case .connected: break
    }
    let start = buffer.writerIndex
    buffer.write(encode)
    markConnectionBound(from: start)
    return needsFlush() ? .acceptedNeedsFlush : .accepted
  }

  /// Requests a PONG after everything appended so far.
  mutating func confirm(_ confirmation: Confirmation, connectionID: UInt64? = nil) -> Outcome {
    switch mode {
    case .closed: return .closed
    case .disconnected: return .notConnected
    case .connected(let current):
      if let connectionID, connectionID != current { return .wrongConnection }
    }
    confirmations.append(confirmation)
    return needsFlush() ? .acceptedNeedsFlush : .accepted
  }

  /// Removes the confirmation of a waiter.
  mutating func removeConfirmation(waiter: UInt64) {
    confirmations.removeAll { $0.waiter == waiter }
  }

  private mutating func markConnectionBound(from start: Int) {
    let end = buffer.writerIndex
    if let last = connectionBound.last, last.upperBound == start {
      connectionBound[connectionBound.count - 1] = last.lowerBound..<end
    } else {
      connectionBound.append(start..<end)
    }
  }

  @inline(__always)
  private mutating func needsFlush() -> Bool {
    guard !isFlushScheduled, mode != .disconnected else { return false }
    isFlushScheduled = true
    return true
  }

  // MARK: Writing

  /// Returns the batch to write now, or nil if nothing waits.
  mutating func take() -> OutboundBatch? {
    guard buffer.readableBytes > 0 || !confirmations.isEmpty else {
      isFlushScheduled = false
      releaseCapacity()
      return nil
    }
    isFlushScheduled = true
    let batch = OutboundBatch(bytes: buffer, confirmations: confirmations)
    inFlight = buffer.readableBytes
    buffer = spare ?? ByteBuffer()
    spare = nil
    confirmations.removeAll()
    connectionBound.removeAll(keepingCapacity: true)
    return batch
  }

  /// Releases the memory of a burst once nothing waits.
  private mutating func releaseCapacity() {
    if let spare, spare.capacity > Self.idleCapacity { self.spare = nil }
    if buffer.capacity > Self.idleCapacity { buffer = ByteBuffer() }
  }

  private static let idleCapacity = 256 << 10

  /// Records that a batch has been written, and reuses its memory.
  ///
  /// - Returns: whether more bytes wait, and the publishers to resume.
  mutating func wrote(_ batch: consuming ByteBuffer) -> (
    more: Bool, resume: [CheckedContinuation<Void, Never>]
  ) {
    inFlight = 0
    batch.clear()
    if spare == nil, batch.capacity <= keptCapacity { spare = batch }
    let more = buffer.readableBytes > 0 || !confirmations.isEmpty
    isFlushScheduled = more
    if !more { releaseCapacity() }
    return (more, takeCapacityWaiters())
  }

  /// Starts to write to a new connection, which may replace one in use. Operations of the previous connection are removed, and
  /// buffered publishes that exceed the limits of the new server are dropped.
  ///
  /// - Returns: the number of dropped publishes, the confirmations that have failed, and the publishers to resume.
  mutating func connected(connectionID: UInt64, maxPayload: Int, headers: Bool) -> (
    dropped: Int, failed: [Confirmation], resume: [CheckedContinuation<Void, Never>]
  ) {
    guard mode != .closed else { return (0, [], []) }
    let failed = removeConnectionBound()
    let dropped = PendingPublishes.filter(&buffer, maxPayload: maxPayload, headers: headers)
    mode = .connected(connectionID)
    self.maxPayload = maxPayload
    allowsHeaders = headers
    inFlight = 0
    isFlushScheduled = true
    return (dropped, failed, takeCapacityWaiters())
  }

  mutating func limitsChanged(maxPayload: Int, headers: Bool) {
    self.maxPayload = maxPayload
    allowsHeaders = headers
  }

  /// Records that the connection was lost. Publishes that were not passed to it are kept, unless the pending limit is zero.
  mutating func disconnected() -> (failed: [Confirmation], resume: [CheckedContinuation<Void, Never>]) {
    guard mode != .closed else { return ([], []) }
    mode = .disconnected
    isFlushScheduled = false
    inFlight = 0
    let failed = removeConnectionBound()
    if pendingLimit == 0 { buffer.clear() }
    return (failed, takeCapacityWaiters())
  }

  /// Removes the operations of the current connection.
  ///
  /// - Returns: the confirmations that have failed.
  private mutating func removeConnectionBound() -> [Confirmation] {
    if !connectionBound.isEmpty {
      var kept = ByteBuffer()
      var index = buffer.readerIndex
      for range in connectionBound {
        if range.lowerBound > index, let slice = buffer.getSlice(at: index, length: range.lowerBound - index)
        {
          kept.writeImmutableBuffer(slice)
        }
        index = range.upperBound
      }
      if let slice = buffer.getSlice(at: index, length: buffer.writerIndex - index) {
        kept.writeImmutableBuffer(slice)
      }
      buffer = kept
    }
    connectionBound.removeAll()
    defer { confirmations.removeAll() }
    return confirmations
  }

  /// Rejects all further operations. A connection can still write the bytes that wait.
  mutating func close() -> (failed: [Confirmation], resume: [CheckedContinuation<Void, Never>]) {
    mode = .closed
    let failed = confirmations
    confirmations.removeAll()
    return (failed, takeCapacityWaiters())
  }

  // MARK: Waiting for capacity

  /// Registers a publisher that is resumed when the next batch has been written.
  ///
  /// - Returns: false if there is space by now, or no connection.
  mutating func awaitCapacity(_ id: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
    guard case .connected = mode, pendingBytes > 0 else { return false }
    capacityWaiters[id] = continuation
    return true
  }

  mutating func removeCapacityWaiter(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
    capacityWaiters.removeValue(forKey: id)
  }

  private mutating func takeCapacityWaiters() -> [CheckedContinuation<Void, Never>] {
    guard !capacityWaiters.isEmpty else { return [] }
    defer { capacityWaiters.removeAll() }
    return Array(capacityWaiters.values)
  }
}

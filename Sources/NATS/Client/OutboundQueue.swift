import NIOCore

/// What waits to be written: one buffer that every publisher appends to, under the client's lock.
///
/// While there is no connection it holds publishes alone. While there is one it also holds subscriptions and the
/// like, whose places are remembered, because they mean nothing on the next connection.
struct OutboundQueue {
  enum Mode: Equatable {
    case disconnected
    case connected(UInt64)
    case closed
  }

  /// What became of an append.
  enum Outcome {
    case accepted
    /// Accepted, and the event loop has to be woken.
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
  /// No more publishes: the client is at the end of its drain.
  var isDraining = false
  private(set) var messages: UInt64 = 0
  private(set) var contentBytes: UInt64 = 0
  private(set) var refused: UInt64 = 0
  private(set) var maxPayload = Int.max
  private var allowsHeaders = true
  private var buffer = ByteBuffer()
  private var spare: ByteBuffer?
  /// The bytes that belong to the current connection only.
  private var connectionBound: [Range<Int>] = []
  private var confirmations: [Confirmation] = []
  private var inFlight = 0
  /// A flush is on its way, so nobody else need ask for one.
  private var isFlushScheduled = false
  private var roomWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  private let pendingLimit: Int
  private let keptCapacity: Int

  init(pendingLimit: Int, keptCapacity: Int) {
    self.pendingLimit = pendingLimit
    self.keptCapacity = keptCapacity
  }

  /// The number of the connection in use; nil without one.
  var connectionID: UInt64? {
    if case .connected(let connectionID) = mode { connectionID } else { nil }
  }

  /// Bytes that are not written yet.
  var pendingBytes: Int { buffer.readableBytes + inFlight }

  // MARK: Publishing

  /// Appends a publish.
  ///
  /// - Parameter limit: bytes that may wait while there is a connection; one message is always taken.
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
    _ = ClientOperationEncoder.publish(
      subject: subject, replyTo: replyTo, headers: headers, payload: payload, into: &buffer)
    messages &+= 1
    contentBytes &+= UInt64(truncatingIfNeeded: content)
    return needsFlush() ? .acceptedNeedsFlush : .accepted
  }

  /// Appends a publish that is confirmed, which never outlives its connection.
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
      bind(from: start)
      confirmations.append(confirmation)
    default: break
    }
    return outcome
  }

  /// Counts a publish that was turned away for good.
  mutating func countRefused() { refused &+= 1 }

  // MARK: What is not a publish

  /// Appends something that means nothing on another connection; without a connection it is left out.
  mutating func control(_ encode: (inout ByteBuffer) -> Void) -> Outcome {
    switch mode {
    case .closed: return .closed
    case .disconnected: return .notConnected
    case .connected: break
    }
    let start = buffer.writerIndex
    encode(&buffer)
    bind(from: start)
    return needsFlush() ? .acceptedNeedsFlush : .accepted
  }

  /// Asks for a PONG after all that was appended so far.
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

  /// Takes back the wish for a PONG.
  mutating func forget(waiter: UInt64) {
    confirmations.removeAll { $0.waiter == waiter }
  }

  private mutating func bind(from start: Int) {
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

  // MARK: The connection's side

  /// What to write now; nil if nothing waits.
  mutating func take() -> OutboundBatch? {
    guard buffer.readableBytes > 0 || !confirmations.isEmpty else {
      isFlushScheduled = false
      giveUpRoom()
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

  /// The room of a burst is not kept once nothing waits.
  private mutating func giveUpRoom() {
    if let spare, spare.capacity > Self.idleCapacity { self.spare = nil }
    if buffer.capacity > Self.idleCapacity { buffer = ByteBuffer() }
  }

  private static let idleCapacity = 256 << 10

  /// The batch was written.
  ///
  /// - Returns: whether more waits, and whom to tell that there is room again.
  mutating func wrote(_ batch: consuming ByteBuffer) -> (
    more: Bool, resume: [CheckedContinuation<Void, Never>]
  ) {
    inFlight = 0
    batch.clear()
    if spare == nil, batch.capacity <= keptCapacity { spare = batch }
    let more = buffer.readableBytes > 0 || !confirmations.isEmpty
    isFlushScheduled = more
    if !more { giveUpRoom() }
    return (more, takeRoomWaiters())
  }

  /// A connection is in use, perhaps in place of one that still was. What was meant for that one alone is cut out; what
  /// the new one would not take of the publishes that waited is dropped.
  ///
  /// - Returns: the number of those dropped, the confirmations that will not come, and whom to tell that there is room.
  mutating func connected(connectionID: UInt64, maxPayload: Int, headers: Bool) -> (
    dropped: Int, failed: [Confirmation], resume: [CheckedContinuation<Void, Never>]
  ) {
    guard mode != .closed else { return (0, [], []) }
    let failed = leaveConnection()
    let dropped = PendingPublishes.filter(&buffer, maxPayload: maxPayload, headers: headers)
    mode = .connected(connectionID)
    self.maxPayload = maxPayload
    allowsHeaders = headers
    inFlight = 0
    isFlushScheduled = true
    return (dropped, failed, takeRoomWaiters())
  }

  mutating func limitsChanged(maxPayload: Int, headers: Bool) {
    self.maxPayload = maxPayload
    allowsHeaders = headers
  }

  /// The connection is gone. Publishes that were not handed to it stay, unless nothing is to be kept.
  mutating func disconnected() -> (failed: [Confirmation], resume: [CheckedContinuation<Void, Never>]) {
    guard mode != .closed else { return ([], []) }
    mode = .disconnected
    isFlushScheduled = false
    inFlight = 0
    let failed = leaveConnection()
    if pendingLimit == 0 { buffer.clear() }
    return (failed, takeRoomWaiters())
  }

  /// Cuts out what means nothing on another connection.
  private mutating func leaveConnection() -> [Confirmation] {
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

  /// Nothing is taken any more; what waits may still be written by a connection that takes it.
  mutating func close() -> (failed: [Confirmation], resume: [CheckedContinuation<Void, Never>]) {
    mode = .closed
    let failed = confirmations
    confirmations.removeAll()
    return (failed, takeRoomWaiters())
  }

  // MARK: Waiting for room

  /// Registers somebody who was told that it is full, until the next batch is written; false if nothing waits by now, or
  /// there is no point in waiting.
  mutating func awaitRoom(_ id: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
    guard case .connected = mode, pendingBytes > 0 else { return false }
    roomWaiters[id] = continuation
    return true
  }

  mutating func forgetRoomWaiter(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
    roomWaiters.removeValue(forKey: id)
  }

  private mutating func takeRoomWaiters() -> [CheckedContinuation<Void, Never>] {
    guard !roomWaiters.isEmpty else { return [] }
    defer { roomWaiters.removeAll() }
    return Array(roomWaiters.values)
  }
}

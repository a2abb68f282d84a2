import DequeModule
import NIOCore

/// The NATS protocol on one channel: feeds the parser and the state machine, and executes the actions of the latter.
///
/// Confined to the channel's event loop.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let settings: ConnectionSettings
  /// The ID of this connection; zero until it is in use.
  private(set) var connectionID: UInt64 = 0
  private(set) var info: NATSServerInfo?
  /// Whether CONNECT has been written to an encrypted stream.
  private(set) var isEncrypted = false

  private let delegate: any ConnectionDelegate
  private let established: EventLoopPromise<NATSServerInfo>
  private var machine: ConnectionStateMachine
  private var reader = ServerOperationReader()
  private var context: ChannelHandlerContext?
  private var run = Deque<MessageFrame>()
  private var runSID: UInt64 = 0
  /// The confirmations of each outstanding PONG, in the order of the PINGs.
  private var pongs = Deque<[Confirmation]>()
  private var isWriting = false
  private var isRetiring = false
  private var isFinishing = false
  private var failure: NATSError?
  private var hasReceivedInfo = false
  private var deadlineTask: Scheduled<Void>?
  private var pingTask: RepeatedTask?

  init(
    settings: ConnectionSettings, delegate: any ConnectionDelegate,
    established: EventLoopPromise<NATSServerInfo>
  ) {
    self.settings = settings
    self.delegate = delegate
    self.established = established
    machine = ConnectionStateMachine(tls: settings.tls, maxPingsOutstanding: settings.maxPingsOutstanding)
  }

  /// Completes when the connection is established.
  var whenEstablished: EventLoopFuture<Void> { established.futureResult.map { _ in } }

  /// Whether the connection is established and open.
  var isReady: Bool { machine.isReady && context != nil }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
    deadlineTask = context.eventLoop.scheduleTask(deadline: settings.deadline) {
      loopBound.value.deadlinePassed()
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? NATSError {
      close(error)
    } else {
      close(NATSError(.connectionClosed, "the connection to \(settings.server) failed: \(error)"))
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !machine.isClosed else { return }
    guard !machine.isUpgrading else {
      // Decrypted bytes cannot arrive before the end of the handshake, so this is plain text that may be injected.
      return close(
        NATSError(.protocolViolation, "\(settings.server) continued in plain text after TLS was agreed"))
    }
    reader.append(unwrapInboundIn(data))
    do throws(NATSError) {
      try parse()
    } catch {
      close(error)
    }
    deliverRun()
    delegate.connectionReadCompleted(self)
  }

  private func parse() throws(NATSError) {
    while !machine.isUpgrading, let operation = try reader.next() {
      switch operation {
      case .message(let frame):
        // There are no subscriptions before the connection is in use.
        guard connectionID != 0 else { continue }
        if frame.layout.sid != runSID {
          deliverRun()
          runSID = frame.layout.sid
        }
        run.append(frame)
        continue
      case .ping: perform(machine.receivedPing())
      case .pong:
        // Messages before the PONG are delivered before its waiters are resumed.
        deliverRun()
        perform(machine.receivedPong())
      case .ok: break
      case .info(let info):
        if settings.server.scheme.isWebSocket, let channel = context?.channel {
          TransportConnector.setMaximumPayload(info.maxPayload, of: channel)
        }
        perform(machine.received(info))
      case .error(let text): perform(machine.received(error: text))
      }
      if machine.isClosed { return }
    }
  }

  private func deliverRun() {
    guard !run.isEmpty else { return }
    let count = run.count
    delegate.connection(self, received: &run, sid: runSID)
    // Releases the memory of a long run.
    run.removeAll(keepingCapacity: count <= 1024)
  }

  // MARK: Actions

  private func perform(_ action: ConnectionStateMachine.Action) {
    switch action {
    case .none: break
    case .upgradeToTLS: upgradeToTLS()
    case .connect(let handshake): connect(handshake)
    case .sendPong:
      // No PONG is queued for a server that sends PINGs without reading, so the write buffer stays bounded.
      guard context?.channel.isWritable == true else { break }
      writeNow { ClientOperationEncoder.pong(into: &$0) }
    case .established(let info):
      self.info = info
      deadlineTask?.cancel()
      startPinging()
      established.succeed(info)
    case .pong:
      if let confirmations = pongs.popFirst(), !confirmations.isEmpty {
        delegate.connection(self, settles: confirmations, error: nil)
      }
      if isRetiring, pongs.isEmpty { context?.close(promise: nil) }
    case .infoChanged(let info, let lameDuck):
      self.info = info
      if machine.isReady { delegate.connection(self, received: info, lameDuck: lameDuck) }
    case .report(let kind, let text):
      if case .permissionsViolation(let violation) = kind { refuse(violation, text: text) }
      delegate.connection(self, reports: kind, text: text)
    case .close(let error):
      close(error.code == .tlsRequired ? settings.encryption.refusal(of: settings.server) : error)
    }
  }

  private func upgradeToTLS() {
    hasReceivedInfo = true
    guard let context else { return }
    guard reader.pendingBytes == 0 else {
      close(NATSError(.protocolViolation, "the server continued in plain text after TLS was agreed"))
      return
    }
    let server = settings.server
    let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
    settings.upgradeToTLS(context.channel).whenComplete { result in
      let handler = loopBound.value
      switch result {
      case .success: handler.perform(handler.machine.tlsEstablished())
      case .failure(let error as NATSError): handler.close(error)
      case .failure(let error):
        handler.close(NATSError(.tlsFailed, "the TLS handshake with \(server) failed: \(error)"))
      }
    }
  }

  private func connect(_ handshake: HandshakeInfo) {
    hasReceivedInfo = true
    guard let context else { return }
    isEncrypted = TLSClient.isEncrypting(context.channel)
    do throws(NATSError) {
      try settings.encryption.check(isEncrypted: isEncrypted, server: settings.server)
      guard settings.claim() else {
        throw NATSError(.cancelled, "another server answered before \(settings.server)")
      }
      let options = try settings.connectOptions(for: handshake, isEncrypted: isEncrypted)
      writeNow {
        ClientOperationEncoder.connect(options, into: &$0)
        ClientOperationEncoder.ping(into: &$0)
      }
    } catch {
      close(error)
    }
  }

  /// Fails the confirmations that a permissions violation refers to. The server sends it before the PONG for the refused
  /// operation, so only confirmations of the next PONG are concerned.
  private func refuse(_ violation: PermissionsViolation, text: String) {
    guard let waiting = pongs.first, !waiting.isEmpty else { return }
    let refused = waiting.filter { $0.isRefused(by: violation) }
    guard !refused.isEmpty else { return }
    pongs[0] = waiting.filter { !$0.isRefused(by: violation) }
    delegate.connection(
      self, settles: refused,
      error: NATSError(
        .permissionsViolation, "the server refused the operation: \(text)", subject: violation.subject))
  }

  private func deadlinePassed() {
    guard !machine.isReady else { return }
    let missing =
      hasReceivedInfo
      ? "did not answer CONNECT in time" : "sent no INFO in time" + settings.handshakeFirstHint
    close(NATSError(.timeout, "\(settings.server) \(missing)"))
  }

  // MARK: Liveness

  private func startPinging() {
    guard let context, settings.pingInterval > .zero else { return }
    let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
    pingTask = context.eventLoop.scheduleRepeatedTask(
      initialDelay: settings.pingInterval, delay: settings.pingInterval
    ) { _ in
      loopBound.value.pingTimerFired()
    }
  }

  private func pingTimerFired() {
    switch machine.pingTimerFired() {
    case .none: break
    case .sendPing:
      pongs.append([])
      writeNow { ClientOperationEncoder.ping(into: &$0) }
    case .close(let error): close(error)
    }
  }

  // MARK: Writing

  private func writeNow(_ encode: (inout [UInt8]) -> Void) {
    guard let context else { return }
    var buffer = context.channel.allocator.buffer(capacity: 64)
    buffer.write(encode)
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
  }

  /// Puts the connection into use: writes `subscriptions`, then the client's pending bytes.
  func activate(connectionID: UInt64, subscriptions: [UInt8]) {
    self.connectionID = connectionID
    if !subscriptions.isEmpty {
      context?.write(wrapOutboundOut(ByteBuffer(bytes: subscriptions)), promise: nil)
    }
    flush()
  }

  /// Writes the pending bytes, unless an earlier write is in progress.
  func flush() {
    guard !isWriting, let context else { return }
    guard var batch = delegate.connectionTakesOutbound(self) else {
      context.flush()
      if isFinishing { context.close(promise: nil) }
      return
    }
    if !batch.confirmations.isEmpty {
      batch.bytes.write { ClientOperationEncoder.ping(into: &$0) }
      pongs.append(batch.confirmations)
    }
    isWriting = true
    let promise = context.eventLoop.makePromise(of: Void.self)
    let bytes = batch.bytes
    let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
    promise.futureResult.whenComplete { _ in loopBound.value.written(bytes) }
    context.writeAndFlush(wrapOutboundOut(batch.bytes), promise: promise)
  }

  private func written(_ bytes: consuming ByteBuffer) {
    isWriting = false
    let more = delegate.connection(self, wrote: bytes)
    guard let context else { return }
    if more {
      // In the next tick, so that reads are not starved.
      let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
      context.eventLoop.execute { loopBound.value.flush() }
    } else if isFinishing {
      context.close(promise: nil)
    }
  }

  // MARK: Ending

  /// Unsubscribes, waits for the messages in flight, and closes. Called when another connection is in use.
  func retire(unsubscribing sids: [UInt64], grace: TimeAmount) {
    guard let context, !isRetiring else { return }
    isRetiring = true
    pongs.append([])
    writeNow {
      for sid in sids { ClientOperationEncoder.unsubscribe(sid: sid, max: nil, into: &$0) }
      ClientOperationEncoder.ping(into: &$0)
    }
    let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: grace) { loopBound.value.context?.close(promise: nil) }
  }

  /// Writes the pending bytes and closes.
  func finish(grace: TimeAmount) {
    guard let context, !isFinishing else { return }
    isFinishing = true
    let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: grace) { loopBound.value.context?.close(promise: nil) }
    flush()
  }

  /// Closes the connection with an error, which is reported to the delegate.
  func close(_ error: NATSError) {
    if failure == nil { failure = error }
    machine.closed()
    context?.close(promise: nil)
  }

  private func end() {
    guard context != nil else { return }
    context = nil
    machine.closed()
    deadlineTask?.cancel()
    pingTask?.cancel()
    let error = failure
    if info == nil || connectionID == 0 {
      let reason =
        hasReceivedInfo
        ? "before it answered CONNECT" : "before it sent INFO" + settings.handshakeFirstHint
      established.fail(
        error ?? NATSError(.connectionFailed, "\(settings.server) closed the connection \(reason)"))
    }
    let waiting = pongs.flatMap { $0 }
    pongs.removeAll()
    if !waiting.isEmpty {
      delegate.connection(
        self, settles: waiting,
        error: NATSError(
          .connectionClosed,
          "the connection was lost before the server confirmed; the message may have arrived"))
    }
    delegate.connectionEnded(self, error: error)
  }
}

extension ByteBuffer {
  /// Writes encoded client operations.
  mutating func write(_ encode: (inout [UInt8]) -> Void) {
    var bytes: [UInt8] = []
    encode(&bytes)
    writeBytes(bytes)
  }
}

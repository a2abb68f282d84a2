import NIOCore
import WebSocketProtocol

/// Executes the steps of a plan on a TCP connection: tunnel, TLS and WebSocket upgrade. Removes itself from the pipeline at the
/// end.
final class TransportOpener: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Step {
    case connecting
    case openingTunnel(HTTPResponseHeadParser, NATSProxy)
    case startingTLS
    case upgrading(HTTPResponseHeadParser, WebSocketUpgrade)
    case done
  }

  private let plan: TransportPlan
  private let promise: EventLoopPromise<any Channel>
  private var step = Step.connecting

  init(plan: TransportPlan, promise: EventLoopPromise<any Channel>) {
    self.plan = plan
    self.promise = promise
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let promise = promise
    let server = plan.server
    let timer = context.eventLoop.scheduleTask(deadline: plan.deadline) {
      promise.fail(NATSError(.timeout, "connecting to \(server) took too long"))
    }
    promise.futureResult.whenComplete { _ in timer.cancel() }
  }

  func channelActive(context: ChannelHandlerContext) {
    if let proxy = plan.proxy {
      step = .openingTunnel(HTTPResponseHeadParser(), proxy)
      send(ProxyTunnel.request(to: plan.server, through: proxy), context: context)
    } else {
      startTLS(context: context)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    do {
      switch step {
      case .openingTunnel(var parser, let proxy):
        guard let (head, rest) = try Self.take(bytes, &parser, from: "the proxy \(proxy)", .proxyFailed)
        else {
          step = .openingTunnel(parser, proxy)
          return
        }
        try ProxyTunnel.check(head, server: plan.server, proxy: proxy)
        if plan.tls != nil || plan.server.scheme.isWebSocket, rest.readableBytes > 0 {
          throw NATSError(
            .proxyFailed, "\(plan.server) sent bytes through the proxy \(proxy) before the handshake")
        }
        startTLS(context: context, rest: rest)
      case .upgrading(var parser, let upgrade):
        guard let (head, rest) = try Self.take(bytes, &parser, from: "\(plan.server)", .webSocketFailed)
        else {
          step = .upgrading(parser, upgrade)
          return
        }
        let compression = try upgrade.check(head, server: plan.server)
        let webSocket = WebSocketHandler(server: plan.server, compression: compression)
        try context.pipeline.syncOperations.addHandler(webSocket)
        handOver(context: context, rest: rest)
      case .connecting, .startingTLS, .done:
        context.fireChannelRead(data)
      }
    } catch {
      fail(error)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    let error: NATSError =
      switch step {
      case .openingTunnel(_, let proxy):
        NATSError(.proxyFailed, "the proxy \(proxy) closed the connection instead of answering")
      case .upgrading:
        NATSError(
          .webSocketFailed, "\(plan.server) closed the connection instead of upgrading it to a WebSocket")
      default: NATSError(.connectionFailed, "\(plan.server) closed the connection")
      }
    fail(error)
    context.fireChannelInactive()
  }

  private func startTLS(context: ChannelHandlerContext, rest: ByteBuffer = ByteBuffer()) {
    guard let tls = plan.tls else { return upgrade(context: context, rest: rest) }
    step = .startingTLS
    do {
      // On this event loop, so the upgrade starts in the tick in which the handshake completes.
      let context = NIOLoopBound(context, eventLoop: context.eventLoop)
      let opener = NIOLoopBound(self, eventLoop: context.eventLoop)
      try tls.start(on: context.value.channel).whenComplete { result in
        switch result {
        case .success: opener.value.upgrade(context: context.value, rest: ByteBuffer())
        case .failure(let error): opener.value.fail(error)
        }
      }
    } catch {
      fail(tls.error(error))
    }
  }

  private func upgrade(context: ChannelHandlerContext, rest: ByteBuffer) {
    guard plan.server.scheme.isWebSocket else { return handOver(context: context, rest: rest) }
    let upgrade = WebSocketUpgrade(server: plan.server, offersCompression: plan.webSocketCompression)
    step = .upgrading(HTTPResponseHeadParser(), upgrade)
    send(upgrade.request, context: context)
  }

  private func handOver(context: ChannelHandlerContext, rest: ByteBuffer) {
    step = .done
    do {
      try plan.install(context.channel)
    } catch {
      fail(error)
      return
    }
    promise.succeed(context.channel)
    if rest.readableBytes > 0 {
      context.fireChannelRead(wrapInboundOut(rest))
      context.fireChannelReadComplete()
    }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  private func send(_ request: String, context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
  }

  /// Fails the connect. The channel is closed then.
  private func fail(_ error: any Error) {
    step = .done
    let failure = error as? NATSError
    promise.fail(failure ?? NATSError(.connectionFailed, "the connection to \(plan.server) failed: \(error)"))
  }

  private static func take(
    _ bytes: ByteBuffer, _ parser: inout HTTPResponseHeadParser, from peer: String, _ code: NATSError.Code
  ) throws(NATSError) -> (head: HTTPResponseHead, rest: ByteBuffer)? {
    do throws(HTTPResponseHeadParser.Failure) {
      guard let (head, rest) = try parser.take(bytes.readableBytesView) else { return nil }
      return (head, ByteBuffer(bytes: rest))
    } catch {
      switch error {
      case .malformed: throw NATSError(code, "\(peer) does not answer with HTTP")
      case .tooLarge: throw NATSError(code, "the HTTP answer of \(peer) is too large")
      }
    }
  }
}

extension TransportOpener {
  typealias InboundOut = ByteBuffer
}

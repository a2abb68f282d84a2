import NIOCore
import NIOSSL
import NIOTLS

/// A handler after the TLS handler, which reports the result of the handshake and then converts TLS errors to `NATSError`.
final class TLSOutcomeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let client: TLSClient
  private let promise: EventLoopPromise<Void>
  private var isDone = false

  init(client: TLSClient, promise: EventLoopPromise<Void>) {
    self.client = client
    self.promise = promise
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      isDone = true
      promise.succeed()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isDone {
      context.fireErrorCaught(error is IOError ? error : client.error(error))
    } else {
      isDone = true
      promise.fail(client.error(error, certificate: Self.serverCertificate(of: context)))
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    giveUp()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    giveUp()
  }

  /// The rejected certificate, if the handshake got that far.
  private static func serverCertificate(of context: ChannelHandlerContext) -> NIOSSLCertificate? {
    do {
      return try context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate
    } catch {
      return nil
    }
  }

  private func giveUp() {
    if isDone { return }
    isDone = true
    promise.fail(client.closedEarly)
  }
}

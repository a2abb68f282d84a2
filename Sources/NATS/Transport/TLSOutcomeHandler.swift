import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the TLS handler: reports how the handshake ended, and from then on turns TLS errors into
/// `NATSError`s.
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

  /// The certificate that was refused, if the handshake came that far.
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

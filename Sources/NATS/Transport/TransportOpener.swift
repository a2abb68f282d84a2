import NIOCore

/// Takes a fresh TCP connection through the steps of its plan and hands it over; gone from the pipeline afterwards.
final class TransportOpener: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let plan: TransportPlan
  private let promise: EventLoopPromise<any Channel>

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
    handOver(context: context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(NATSError(.connectionFailed, "\(plan.server) closed the connection"))
    context.fireChannelInactive()
  }

  private func handOver(context: ChannelHandlerContext) {
    do {
      try plan.install(context.channel)
    } catch {
      promise.fail(
        error as? NATSError ?? NATSError(.connectionFailed, "the connection cannot be used: \(error)"))
      return
    }
    promise.succeed(context.channel)
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }
}

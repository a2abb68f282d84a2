import NIOCore
import NIOPosix
import Synchronization

/// A server with scripted replies, for behaviour that a real server does not show.
final class ScriptedServer: Sendable {
  /// Returns the greeting of a connection, by its number from 1; nil sends nothing.
  typealias Greeting = @Sendable (Int) -> String?
  /// Returns the reply to a line; nil sends nothing, ``hangUp`` closes the connection.
  typealias Answer = @Sendable (_ line: String, _ connection: Int) -> String?

  static let hangUp = "\u{0}"
  static let info =
    "INFO {\"server_id\":\"SCRIPT\",\"version\":\"2.14.0\",\"headers\":true,\"max_payload\":1000}\r\n"

  let lines: AsyncStream<String>
  private let channel: any Channel

  var url: String { "nats://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

  /// Replies to PING with PONG unless the script has a reply.
  init(
    greeting: @escaping Greeting = { _ in ScriptedServer.info }, answer: @escaping Answer = { _, _ in nil }
  )
    async throws
  {
    let (lines, sink) = AsyncStream.makeStream(of: String.self)
    let connections = Counter()
    self.lines = lines
    channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ScriptHandler(number: connections.next(), greeting: greeting, answer: answer, sink: sink))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  deinit {
    channel.close(promise: nil)
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)

  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}

private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let number: Int
  private let greeting: ScriptedServer.Greeting
  private let answer: ScriptedServer.Answer
  private let sink: AsyncStream<String>.Continuation
  private var bytes = ByteBuffer()

  init(
    number: Int, greeting: @escaping ScriptedServer.Greeting, answer: @escaping ScriptedServer.Answer,
    sink: AsyncStream<String>.Continuation
  ) {
    self.number = number
    self.greeting = greeting
    self.answer = answer
    self.sink = sink
  }

  func channelActive(context: ChannelHandlerContext) {
    if let greeting = greeting(number) { send(greeting, context: context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes.writeImmutableBuffer(unwrapInboundIn(data))
    while let end = bytes.readableBytesView.firstIndex(of: 0x0a) {
      let view = bytes.readableBytesView
      let line = String(decoding: view[view.startIndex..<end].filter { $0 != 0x0d }, as: UTF8.self)
      bytes.moveReaderIndex(to: end + 1)
      sink.yield(line)
      if let answer = answer(line, number) {
        send(answer, context: context)
      } else if line == "PING" {
        send("PONG\r\n", context: context)
      }
    }
  }

  private func send(_ text: String, context: ChannelHandlerContext) {
    if text == ScriptedServer.hangUp {
      context.close(promise: nil)
    } else {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }
}

import NIOCore
import NIOPosix
import Synchronization

/// A server that says what a test wants it to say, for what a good server never does.
final class ScriptedServer: Sendable {
  /// What is said to a client that has just connected, by the number of the connection from 1; nil says nothing.
  typealias Greeting = @Sendable (Int) -> String?
  /// What is answered to a line; nil answers nothing, ``hangUp`` closes.
  typealias Answer = @Sendable (_ line: String, _ connection: Int) -> String?

  static let hangUp = "\u{0}"
  static let info =
    "INFO {\"server_id\":\"SCRIPT\",\"version\":\"2.14.0\",\"headers\":true,\"max_payload\":1000}\r\n"

  let lines: AsyncStream<String>
  private let channel: any Channel

  var url: String { "nats://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

  /// Answers PING with PONG where the script has no answer of its own.
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
    if let greeting = greeting(number) { say(greeting, context: context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes.writeImmutableBuffer(unwrapInboundIn(data))
    while let end = bytes.readableBytesView.firstIndex(of: 0x0a) {
      let view = bytes.readableBytesView
      let line = String(decoding: view[view.startIndex..<end].filter { $0 != 0x0d }, as: UTF8.self)
      bytes.moveReaderIndex(to: end + 1)
      sink.yield(line)
      if let answer = answer(line, number) {
        say(answer, context: context)
      } else if line == "PING" {
        say("PONG\r\n", context: context)
      }
    }
  }

  private func say(_ text: String, context: ChannelHandlerContext) {
    if text == ScriptedServer.hangUp {
      context.close(promise: nil)
    } else {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }
}

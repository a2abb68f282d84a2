import Encoding
import Locks
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server for `GET /metrics` and `GET /healthz`, with one request a connection.
struct MetricsServer: Sendable {
  /// The most open connections; further ones are closed.
  static let maximumConnections = 16
  /// The time after which a connection is closed, idle or not.
  static let connectionTimeout = TimeAmount.seconds(10)

  /// A response.
  struct Answer: Sendable {
    var status: HTTPResponseStatus
    var contentType = "text/plain; charset=utf-8"
    var body: String
  }

  typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>

  private let listener: NIOAsyncChannel<Connection, Never>
  private let metrics: @Sendable () async -> String
  private let problems: @Sendable () -> [String]

  /// Binds the address. ``run()`` answers requests.
  ///
  /// - Throws: The error of bind(2).
  static func bind(
    _ address: ListenAddress, metrics: @escaping @Sendable () async -> String,
    problems: @escaping @Sendable () -> [String]
  ) async throws -> MetricsServer {
    let listener = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: address.host, port: address.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(HTTPByteBufferResponsePartHandler())
          // Connections are closed after 10 s.
          channel.eventLoop.assumeIsolated().scheduleTask(in: connectionTimeout) {
            channel.close(promise: nil)
          }
          return try Connection(wrappingChannelSynchronously: channel)
        }
      }
    return MetricsServer(listener: listener, metrics: metrics, problems: problems)
  }

  /// The port it listens on.
  var port: Int { listener.channel.localAddress?.port ?? 0 }

  /// Answers requests until the task is cancelled.
  func run() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      try await listener.executeThenClose { connections in
        let open = OpenConnections(limit: Self.maximumConnections)
        for try await connection in connections {
          guard open.enter() else {
            connection.channel.close(promise: nil)
            continue
          }
          group.addTask {
            defer { open.leave() }
            await serve(connection)
          }
        }
      }
      group.cancelAll()
    }
  }

  private func serve(_ connection: Connection) async {
    do {
      try await connection.executeThenClose { inbound, outbound in
        for try await part in inbound {
          guard case .head(let request) = part else { continue }
          let answer = await answer(to: request)
          let body = ByteBuffer(string: answer.body)
          var head = HTTPResponseHead(version: request.version, status: answer.status)
          head.headers.add(name: "Content-Type", value: answer.contentType)
          head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
          head.headers.add(name: "Connection", value: "close")
          if answer.status == .methodNotAllowed { head.headers.add(name: "Allow", value: "GET, HEAD") }
          try await outbound.write(.head(head))
          if request.method != .HEAD { try await outbound.write(.body(body)) }
          try await outbound.write(.end(nil))
          return
        }
      }
    } catch {
      // The client has disconnected, or did not speak HTTP.
      return
    }
  }

  private func answer(to request: HTTPRequestHead) async -> Answer {
    let path = String(decoding: request.uri.utf8.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    let isMetrics = path.hasSameBytes(as: "/metrics")
    guard isMetrics || path.hasSameBytes(as: "/healthz") else {
      return Answer(status: .notFound, body: "there is /metrics and /healthz\n")
    }
    guard request.method == .GET || request.method == .HEAD else {
      return Answer(status: .methodNotAllowed, body: "only GET\n")
    }
    if isMetrics {
      return Answer(status: .ok, contentType: MetricsText.contentType, body: await metrics())
    }
    let problems = problems()
    return problems.isEmpty
      ? Answer(status: .ok, body: "ok\n")
      : Answer(status: .serviceUnavailable, body: problems.joined(separator: "; ") + "\n")
  }
}

/// A counter of connections, with a limit.
final class OpenConnections: Sendable {
  private let limit: Int
  private let count = Locked(0)

  init(limit: Int) {
    self.limit = limit
  }

  /// Counts a connection.
  ///
  /// - Returns: False when the limit is reached.
  func enter() -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}

/// Converts response parts that may cross threads into the HTTP encoder's, whose file regions may not.
final class HTTPByteBufferResponsePartHandler: ChannelOutboundHandler {
  typealias OutboundIn = HTTPPart<HTTPResponseHead, ByteBuffer>
  typealias OutboundOut = HTTPServerResponsePart

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let part: HTTPServerResponsePart =
      switch unwrapOutboundIn(data) {
      case .head(let head): .head(head)
      case .body(let buffer): .body(.byteBuffer(buffer))
      case .end(let trailers): .end(trailers)
      }
    context.write(wrapOutboundOut(part), promise: promise)
  }
}

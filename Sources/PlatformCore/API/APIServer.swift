import Encoding
import JSON
import Locks
public import Logging
public import NATS
import NIOCore
public import PlatformAPI

/// Answers the requests of operators. All instances share them through a queue group.
///
/// The subject of a request identifies the operator. A reply is sent only to that operator's own inboxes: the
/// platform may publish to any subject, and must not publish where the operator may not.
public final class APIServer: Sendable {
  /// The most requests that run at the same time.
  static let maximumRunning = 64
  /// The most requests that wait; further ones are answered `busy`.
  static let maximumWaiting = 1_024
  /// The most running and waiting requests of one operator.
  static let shares = (running: 8, waiting: 128)
  /// The largest request, in bytes.
  static let maximumRequestSize = 256 * 1_024

  private let client: NATSClient
  private let directory: any CredentialDirectory
  private let handlers: [APIMethod: APIHandler]
  private let counters: PlatformCounters
  private let logger: Logger
  private let callTimeout: Duration
  private let health: InstanceHealth?
  private let requests = Locked(
    RequestQueue<NATSMessage>(
      maximumRunning: maximumRunning, maximumWaiting: maximumWaiting, runningShare: shares.running,
      waitingShare: shares.waiting))

  private let serving = Locked<NATSSubscription?>(nil)
  /// Set when the current ``run()`` has returned.
  private let ended = Locked(Latch())

  /// Creates a server, which answers requests in ``run()``.
  ///
  /// - Parameters:
  ///   - handlers: The implementations of the methods; a method without one is unknown.
  ///   - health: The source of the reason that replies give while JetStream stores no messages.
  ///   - callTimeout: After this time a request is cancelled and answered `unavailable`.
  public init(
    client: NATSClient, directory: any CredentialDirectory, handlers: [APIMethod: APIHandler],
    counters: PlatformCounters = PlatformCounters(), health: InstanceHealth? = nil, logger: Logger,
    callTimeout: Duration = .seconds(30)
  ) {
    self.client = client
    self.directory = directory
    self.handlers = handlers
    self.counters = counters
    self.logger = logger
    self.callTimeout = callTimeout
    self.health = health
  }

  /// Answers requests until the task is cancelled or the client closes. Requests that are running or waiting then are
  /// answered `unavailable`.
  ///
  /// - Throws: `NATSError` if the subscription fails.
  public func run() async throws(NATSError) {
    let finished = Latch()
    ended.withLock { $0 = finished }
    defer { finished.set() }
    let subscription = try client.subscribe(
      to: PlatformSubjects.allRequests, queue: PlatformSubjects.queue)
    defer { subscription.unsubscribe() }
    serving.withLock { $0 = subscription }
    await withDiscardingTaskGroup { group in
      for await message in subscription {
        let name = PlatformSubjects.parseRequest(message.subject)?.operatorName ?? ""
        switch requests.withLock({ $0.admit(message, of: name) }) {
        case .start: group.addTask { await self.process(.init(request: message, operatorName: name)) }
        case .queued: continue
        case .full: send(.failure(Self.busy), to: message, as: nil)
        }
      }
    }
  }

  /// Stops accepting requests, which makes ``run()`` return. Returns when the accepted ones are answered, or the task
  /// is cancelled.
  public func finish() async {
    guard let subscription = serving.withLock({ $0 }) else { return }
    do throws(NATSError) {
      try await subscription.drain(timeout: .seconds(2))
    } catch {
      // Without a connection no requests arrive.
      logger.debug("api.drain_failed", metadata: ["error": "\(error)"])
    }
    await ended.withLock { $0 }.wait()
  }

  /// Answers a request, and then waiting ones as long as there are any.
  private func process(_ first: RequestQueue<NATSMessage>.Entry) async {
    var entry: RequestQueue<NATSMessage>.Entry? = first
    while let current = entry {
      await answer(current.request)
      entry = requests.withLock { $0.next(after: current.operatorName) }
    }
  }

  private func answer(_ message: NATSMessage) async {
    guard let (name, methodName) = PlatformSubjects.parseRequest(message.subject), mayAnswer(message, name)
    else { return }
    let method = APIMethod(name: methodName)
    let reply: APIReply
    do throws(APIError) {
      guard let method else { throw unknownMethod(methodName) }
      try await checkRole(of: name, for: method)
      guard let handler = handlers[method] else { throw unknownMethod(methodName) }
      let call = APICall(operatorName: name, params: try Self.params(message.payload))
      reply = .result(try await run(handler, for: call))
    } catch {
      reply = .failure(error)
    }
    send(reply, to: message, as: method)
  }

  private func unknownMethod(_ name: String) -> APIError {
    let known = handlers.keys.map(\.name).sorted().joined(separator: ", ")
    return APIError(.unknownMethod, "the platform has no method \(SafeText.quoted(name)): it has \(known)")
  }

  /// Whether a request may be answered: not when it has no reply subject, nor when that is not an inbox of the
  /// operator.
  private func mayAnswer(_ message: NATSMessage, _ name: String) -> Bool {
    guard let replyTo = message.replyTo,
      replyTo.hasBytePrefix(PlatformSubjects.inboxPrefix(of: name) + ".")
    else {
      counters.apiCall(nil, ok: false)
      logger.warning(
        "api.reply_subject_refused",
        metadata: [
          "operator": "\(SafeText.quoted(name))",
          "reply_to": "\(SafeText.quoted(message.replyTo ?? ""))",
        ])
      return false
    }
    return true
  }

  /// Checks the operator's current role. The permissions of its connection date from the time when it connected.
  private func checkRole(of name: String, for method: APIMethod) async throws(APIError) {
    guard OperatorName.isValid(name) else {
      throw APIError(.forbidden, "there is no operator \(SafeText.quoted(name))")
    }
    var record = directory.operatorRecord(name)
    // Another instance may have added it a moment ago.
    if record == nil { record = try await directory.reread(operator: name) }
    guard let record else {
      throw APIError(.forbidden, "there is no operator \(SafeText.quoted(name))")
    }
    guard record.role.methods.contains(method) else {
      throw APIError(
        .forbidden,
        "\(method.name) takes the role \(method.leastRole.rawValue); \(name) is \(record.role.rawValue)")
    }
  }

  private static func params(_ payload: ByteBuffer) throws(APIError) -> JSONValue {
    guard payload.readableBytes <= maximumRequestSize else {
      throw APIError(
        .invalid, "the request has \(payload.readableBytes) bytes; \(maximumRequestSize) are allowed")
    }
    guard payload.readableBytes > 0 else { return .object([:]) }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(Array(payload.readableBytesView))
    } catch {
      throw APIError(.invalid, "the request is not JSON: \(error)")
    }
    guard value.objectValue != nil else {
      throw APIError(.invalid, "the request has to be an object, and is \(value.kind)")
    }
    return value
  }

  /// Runs a handler, for ``callTimeout`` at most.
  private func run(_ handler: @escaping APIHandler, for call: APICall) async throws(APIError) -> JSONValue {
    let result = await withTaskGroup(of: Result<JSONValue, APIError>.self) { [callTimeout] group in
      group.addTask {
        do throws(APIError) { return .success(try await handler(call)) } catch { return .failure(error) }
      }
      group.addTask {
        do {
          try await Task.sleep(for: callTimeout)
        } catch {
          // The handler has returned and this result is ignored, or the platform is stopping.
          return .failure(
            APIError(.unavailable, "the platform is stopping; check whether it was done before a retry"))
        }
        return .failure(
          APIError(.unavailable, "the request timed out and may have been done; check before a retry"))
      }
      defer { group.cancelAll() }
      return await group.next() ?? .failure(Self.busy)
    }
    return try result.get()
  }

  private func send(_ reply: APIReply, to message: NATSMessage, as method: APIMethod?) {
    var isDone = true
    if case .failure(let error) = reply {
      isDone = false
      let level: Logger.Level = error.code == .unavailable || error.code == .busy ? .warning : .debug
      logger.log(
        level: level, "api.failed",
        metadata: ["subject": "\(message.subject)", "code": "\(error.code.rawValue)", "error": "\(error)"])
    }
    counters.apiCall(method, ok: isDone)
    do throws(NATSError) {
      try publish(namingStoreProblem(reply), to: message)
    } catch {
      logger.warning("api.reply_failed", metadata: ["subject": "\(message.subject)", "error": "\(error)"])
    }
  }

  /// The reply. While JetStream stores no messages, an `unavailable` error gives that as its reason.
  private func namingStoreProblem(_ reply: APIReply) -> APIReply {
    guard case .failure(let error) = reply, error.code == .unavailable else { return reply }
    health?.suspectStore()
    guard let problem = health?.storeProblem, !error.message.contains(problem) else { return reply }
    return .failure(APIError(.unavailable, "it may not have been done: \(problem)"))
  }

  private func publish(_ reply: APIReply, to message: NATSMessage) throws(NATSError) {
    do throws(NATSError) {
      try message.reply(JSONWriter.encode(reply.json))
    } catch  where error.code == .payloadTooLarge {
      let failure = APIError(.invalid, "the reply is larger than a message may be: ask for less at a time")
      try message.reply(JSONWriter.encode(APIReply.failure(failure).json))
    }
  }

  private static let busy = APIError(.busy, "the platform has too many requests to answer; try again")
}

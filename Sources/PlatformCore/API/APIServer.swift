import JSON
import Locks
public import Logging
public import NATS
import NIOCore
public import PlatformAPI

/// Answers the requests of operators, together with the other instances.
///
/// Who asks is known from the subject. Answers go only to that operator's own inbox: the platform may publish everywhere, and
/// must not be made to send its answer where the operator may not.
public final class APIServer: Sendable {
  /// How many requests are worked on at a time.
  static let maximumRunning = 64
  /// How many wait for that; more are answered `busy`.
  static let maximumWaiting = 1_024
  /// How many of each operator's are worked on, and wait.
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
  private let intake = Locked(
    APIIntake<NATSMessage>(
      maximumRunning: maximumRunning, maximumWaiting: maximumWaiting, runningShare: shares.running,
      waitingShare: shares.waiting))

  private let serving = Locked<NATSSubscription?>(nil)
  /// Set when the ``run()`` that is under way has ended.
  private let ended = Locked(Latch())

  /// A server, which begins to answer with ``run()``.
  ///
  /// - Parameters:
  ///   - handlers: what answers the methods; a method without one is unknown.
  ///   - health: names the store in what is answered while it takes no messages.
  ///   - callTimeout: after what time a request is answered `unavailable` and given up.
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

  /// Answers until the task is cancelled or the client closes. What runs or waits then is answered `unavailable`.
  ///
  /// - Throws: `NATSError` if it can't subscribe.
  public func run() async throws(NATSError) {
    let over = Latch()
    ended.withLock { $0 = over }
    defer { over.set() }
    let subscription = try client.subscribe(
      to: PlatformSubjects.allRequests, queue: PlatformSubjects.queue)
    defer { subscription.unsubscribe() }
    serving.withLock { $0 = subscription }
    await withDiscardingTaskGroup { group in
      for await message in subscription {
        let asker = PlatformSubjects.parseRequest(message.subject)?.operatorName ?? ""
        switch intake.withLock({ $0.admit(message, of: asker) }) {
        case .start: group.addTask { await self.work(.init(request: message, asker: asker)) }
        case .waits: continue
        case .full: answer(message, .failure(Self.busy), as: nil)
        }
      }
    }
  }

  /// Takes no more requests, which makes ``run()`` end. Returns when those that came are answered, or the task is cancelled.
  public func finish() async {
    guard let subscription = serving.withLock({ $0 }) else { return }
    do throws(NATSError) {
      try await subscription.drain(timeout: .seconds(2))
    } catch {
      // Without a connection nothing more comes.
      logger.debug("api.drain_failed", metadata: ["error": "\(error)"])
    }
    await ended.withLock { $0 }.wait()
  }

  private func work(_ first: APIIntake<NATSMessage>.Entry) async {
    var entry: APIIntake<NATSMessage>.Entry? = first
    while let current = entry {
      await take(current.request)
      entry = intake.withLock { $0.next(after: current.asker) }
    }
  }

  private func take(_ message: NATSMessage) async {
    guard let (name, methodName) = PlatformSubjects.parseRequest(message.subject), mayAnswer(message, name)
    else { return }
    let method = APIMethod(rawValue: methodName)
    let reply: APIReply
    do throws(APIError) {
      guard let method else { throw unknownMethod(methodName) }
      try await checkRole(of: name, for: method)
      guard let handler = handlers[method] else { throw unknownMethod(methodName) }
      let call = APICall(operatorName: name, params: try Self.params(message.payload))
      reply = .result(try await finish(call, handler))
    } catch {
      reply = .failure(error)
    }
    answer(message, reply, as: method)
  }

  private func unknownMethod(_ name: String) -> APIError {
    let known = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
    return APIError(.unknownMethod, "the platform has no method \(SafeText.quoted(name)): it has \(known)")
  }

  /// A request that nobody waits for is left alone, and one whose answer would go elsewhere than to who asks.
  private func mayAnswer(_ message: NATSMessage, _ name: String) -> Bool {
    guard let replyTo = message.replyTo, replyTo.hasPrefix(PlatformSubjects.inboxPrefix(of: name) + ".")
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

  /// The server's permissions say so already; they were made when the operator connected.
  private func checkRole(of name: String, for method: APIMethod) async throws(APIError) {
    var record = directory.operatorRecord(name)
    // It may have been added a moment ago at another instance.
    if record == nil { record = try await directory.reread(operator: name) }
    guard let record else {
      throw APIError(.forbidden, "there is no operator \(SafeText.quoted(name))")
    }
    guard record.role.methods.contains(method) else {
      throw APIError(
        .forbidden,
        "\(method.rawValue) takes the role \(method.leastRole.rawValue); \(name) is \(record.role.rawValue)")
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

  /// Runs a handler, no longer than ``callTimeout``.
  private func finish(_ call: APICall, _ handler: @escaping APIHandler) async throws(APIError) -> JSONValue {
    let result = await withTaskGroup(of: Result<JSONValue, APIError>.self) { [callTimeout] group in
      group.addTask {
        do throws(APIError) { return .success(try await handler(call)) } catch { return .failure(error) }
      }
      group.addTask {
        do {
          try await Task.sleep(for: callTimeout)
        } catch {
          // The handler was quicker, and this is not looked at; or the platform stops.
          return .failure(APIError(.unavailable, "the platform is stopping; look before you repeat it"))
        }
        return .failure(
          APIError(.unavailable, "it took too long and may have been done; look before you repeat it"))
      }
      defer { group.cancelAll() }
      return await group.next() ?? .failure(Self.busy)
    }
    return try result.get()
  }

  private func answer(_ message: NATSMessage, _ reply: APIReply, as method: APIMethod?) {
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
      try send(namingTheStore(reply), to: message)
    } catch {
      logger.warning("api.reply_failed", metadata: ["subject": "\(message.subject)", "error": "\(error)"])
    }
  }

  /// The reply; while JetStream stores nothing, what failed for that says so instead of which message had no answer.
  private func namingTheStore(_ reply: APIReply) -> APIReply {
    guard case .failure(let error) = reply, error.code == .unavailable else { return reply }
    health?.suspectStore()
    guard let problem = health?.storeProblem, !error.message.contains(problem) else { return reply }
    return .failure(APIError(.unavailable, "it may not have been done: \(problem)"))
  }

  private func send(_ reply: APIReply, to message: NATSMessage) throws(NATSError) {
    do throws(NATSError) {
      try message.reply(JSONWriter.encode(reply.json))
    } catch  where error.code == .payloadTooLarge {
      let failure = APIError(.invalid, "the answer is larger than a message may be: ask for less at a time")
      try message.reply(JSONWriter.encode(APIReply.failure(failure).json))
    }
  }

  private static let busy = APIError(.busy, "the platform has too many requests to answer; try again")
}

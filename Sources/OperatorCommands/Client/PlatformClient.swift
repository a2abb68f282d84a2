import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

/// Client of the platform API over the connection of one operator.
final class PlatformClient: Sendable {
  let nats: NATSClient
  let operatorName: String
  /// The timeout of one request.
  let requestTimeout: Duration
  /// Called for each reply with the method and the response time.
  let observe: @Sendable (String, Duration) -> Void
  /// The uuids of the agents of pending commands, by command id.
  let openCommands = Locked<[String: String]>([:])

  /// Creates a client. The caller runs and closes the connection.
  init(
    nats: NATSClient, operatorName: String, requestTimeout: Duration = .seconds(5),
    observe: @escaping @Sendable (String, Duration) -> Void = { _, _ in }
  ) {
    self.nats = nats
    self.operatorName = operatorName
    self.requestTimeout = requestTimeout
    self.observe = observe
  }

  /// Calls a method and returns the result as JSON. Retries once if there are no responders, as another instance of the platform
  /// may be taking over.
  ///
  /// - Throws: `unreachable` if the platform does not answer; its error if it rejects the request.
  func call(_ method: APIMethod, _ params: some Encodable & Sendable) async throws(ConsoleError) -> JSONValue
  {
    do {
      return try await sendRetryingOnce(method, params)
    } catch {
      throw error.consoleError(operatorName: operatorName, method: method)
    }
  }

  /// Sends a request, and retries it once if there are no responders.
  func sendRetryingOnce(_ method: APIMethod, _ params: some Encodable & Sendable)
    async throws(PlatformFailure)
    -> JSONValue
  {
    do {
      return try await send(method, params)
    } catch .noPlatform {
      do { try await Task.sleep(for: .milliseconds(300)) } catch { throw .interrupted }
    } catch {
      throw error
    }
    return try await send(method, params)
  }

  /// Calls a method and decodes the result.
  ///
  /// - Throws: The errors of ``call(_:_:)`` and ``decode(_:from:of:)``.
  func call<Value: Decodable>(
    _ method: APIMethod, _ params: some Encodable & Sendable, as type: Value.Type
  ) async throws(ConsoleError) -> Value {
    try Self.decode(type, from: try await call(method, params), of: method)
  }

  /// Decodes a result.
  ///
  /// - Throws: `unreachable` if it is not of that type.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from result: JSONValue, of method: APIMethod
  ) throws(ConsoleError) -> Value {
    do {
      return try APICoding.value(type, from: result)
    } catch {
      throw ConsoleError(
        .unreachable, "the platform's answer to \(method.name) cannot be read; is it of another version?")
    }
  }

  /// Sends one request.
  func send(_ method: APIMethod, _ params: some Encodable & Sendable) async throws(PlatformFailure)
    -> JSONValue
  {
    let subject = PlatformSubjects.request(method, by: operatorName)
    let bytes: [UInt8]
    do { bytes = try APICoding.encode(params) } catch { throw .unreadable("the request: \(error)") }
    let start = ContinuousClock.now
    let message = try await request(bytes, to: subject)
    observe(method.name, .now - start)
    guard let reply = APIReply(parsing: Array(message.payload.readableBytesView)) else {
      throw .unreadable("its answer to \(method.name)")
    }
    switch reply {
    case .result(let value): return value
    case .failure(let error): throw .refused(error)
    }
  }

  /// Sends one request. Throws early if the server reports a permissions violation, for which no reply is sent.
  private func request(_ bytes: [UInt8], to subject: String) async throws(PlatformFailure) -> NATSMessage {
    let events = nats.events
    let result = await withTaskGroup(of: Result<NATSMessage, PlatformFailure>?.self) { [self] group in
      group.addTask {
        do throws(NATSError) {
          return .success(try await self.nats.request(bytes, to: subject, timeout: self.requestTimeout))
        } catch {
          return .failure(PlatformFailure(error))
        }
      }
      group.addTask {
        for await event in events {
          if case .permissionsViolation(let error) = event, error.subject == subject {
            return .failure(.notAllowed)
          }
        }
        return nil
      }
      defer { group.cancelAll() }
      while let result = await group.next() {
        if let result { return result }
      }
      return .failure(.interrupted)
    }
    return try result.get()
  }

  /// Suspends for a duration.
  ///
  /// - Throws: `interrupted`.
  static func pause(_ duration: Duration) async throws(ConsoleError) {
    do { try await Task.sleep(for: duration) } catch { throw ConsoleError(.interrupted, "interrupted") }
  }
}

/// The parameters of a method without parameters.
struct NoParameters: Sendable, Encodable {}

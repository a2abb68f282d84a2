import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

/// Asks the platform, over a connection of one operator.
final class PlatformClient: Sendable {
  /// The connection.
  let nats: NATSClient
  /// Who asks.
  let operatorName: String
  /// How long an answer may take.
  let requestTimeout: Duration
  /// Told of each answer: the method and how long it took.
  let observe: @Sendable (String, Duration) -> Void
  /// The commands that are waited for, by id, with the uuid of the agent.
  let openCommands = Locked<[String: String]>([:])

  /// A client over a connection that somebody else runs.
  init(
    nats: NATSClient, operatorName: String, requestTimeout: Duration = .seconds(5),
    observe: @escaping @Sendable (String, Duration) -> Void = { _, _ in }
  ) {
    self.nats = nats
    self.operatorName = operatorName
    self.requestTimeout = requestTimeout
    self.observe = observe
  }

  /// Asks, and gives the result as it came. Where nobody is there to answer it asks once more: an instance of the platform may
  /// just be taking over.
  ///
  /// - Throws: what the platform refused, or why it could not be asked.
  func call(_ method: APIMethod, _ params: some Encodable & Sendable) async throws(ConsoleError) -> JSONValue
  {
    do {
      return try await askTwice(method, params)
    } catch {
      throw error.consoleError(operatorName: operatorName, method: method)
    }
  }

  /// One request, and a second one where no instance of the platform was there to answer the first.
  func askTwice(_ method: APIMethod, _ params: some Encodable & Sendable) async throws(PlatformFailure)
    -> JSONValue
  {
    do {
      return try await ask(method, params)
    } catch .noPlatform {
      do { try await Task.sleep(for: .milliseconds(300)) } catch { throw .interrupted }
    } catch {
      throw error
    }
    return try await ask(method, params)
  }

  /// Asks, and gives the result in its type.
  ///
  /// - Throws: as the other `call` does, and when the result is none of that type.
  func call<Value: Decodable>(
    _ method: APIMethod, _ params: some Encodable & Sendable, as type: Value.Type
  ) async throws(ConsoleError) -> Value {
    try Self.decode(type, from: try await call(method, params), of: method)
  }

  /// A result in its type.
  ///
  /// - Throws: unreachable: platform and console do not understand each other.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from result: JSONValue, of method: APIMethod
  ) throws(ConsoleError) -> Value {
    do {
      return try APICoding.value(type, from: result)
    } catch {
      throw ConsoleError(
        .unreachable, "the platform's answer to \(method.rawValue) cannot be read; is it of another version?")
    }
  }

  /// One request.
  func ask(_ method: APIMethod, _ params: some Encodable & Sendable) async throws(PlatformFailure)
    -> JSONValue
  {
    let subject = PlatformSubjects.request(method, by: operatorName)
    let bytes: [UInt8]
    do { bytes = try APICoding.encode(params) } catch { throw .unreadable("the request: \(error)") }
    let start = ContinuousClock.now
    let message = try await request(bytes, to: subject)
    observe(method.rawValue, .now - start)
    guard let reply = APIReply(parsing: Array(message.payload.readableBytesView)) else {
      throw .unreadable("its answer to \(method.rawValue)")
    }
    switch reply {
    case .result(let value): return value
    case .failure(let error): throw .refused(error)
    }
  }

  /// A request ends with its reply, or as soon as the server says that the operator may not ask it.
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

  /// Waits a while.
  ///
  /// - Throws: interrupted.
  static func pause(_ duration: Duration) async throws(ConsoleError) {
    do { try await Task.sleep(for: duration) } catch { throw ConsoleError(.interrupted, "interrupted") }
  }
}

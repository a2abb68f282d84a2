import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

extension PlatformClient {
  /// The interval at which a pending command is looked up, in case its completion message is lost.
  private static let lookUpInterval = Duration.seconds(3)
  /// How long a request without a reply is retried.
  private static let retryTimeout = Duration.seconds(15)

  /// Submits a command. Retries are safe, as the platform deduplicates commands by id.
  ///
  /// - Returns: The ``CommandView`` as JSON.
  /// - Throws: `unreachable` if the platform does not answer; its error if it rejects the command.
  func submit(_ request: Requests.Submit) async throws(ConsoleError) -> JSONValue {
    try await callWithRetries(.commandsSubmit, request, id: request.id)
  }

  /// Calls an idempotent method, and retries while the platform does not answer.
  ///
  /// - Parameter id: The submitted command, which the error names if it is not known whether the platform accepted it.
  /// - Throws: `unreachable` if the platform does not answer; its error if it rejects the request.
  func callWithRetries(
    _ method: APIMethod, _ request: some Encodable & Sendable, id: String? = nil
  ) async throws(ConsoleError) -> JSONValue {
    let deadline = ContinuousClock.now + Self.retryTimeout
    var attempts = 0
    while true {
      attempts += 1
      do {
        return try await send(method, request)
      } catch {
        let isAbsent = error == .noPlatform && attempts >= 10
        guard error.isTransient, !isAbsent, .now < deadline else {
          var failure = error.consoleError(operatorName: operatorName, method: method)
          if case .noAnswer = error, let id {
            failure.message += "; to see whether it was accepted: plsctl commands show \(id)"
          }
          throw failure
        }
      }
      try await Self.pause(.milliseconds(250))
    }
  }

  /// Submits a command and waits for its outcome, across reconnects.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait.
  ///   - accepted: Called with the reply to the submission.
  /// - Returns: The final ``CommandView`` as JSON, with the result.
  /// - Throws: `timedOut`; the errors of ``submit(_:)``.
  func run(
    _ request: Requests.Submit, timeout: Duration,
    accepted: @Sendable (JSONValue) -> Void = { _ in }
  ) async throws(ConsoleError) -> JSONValue {
    guard let id = request.id else { throw ConsoleError(.usage, "a command that is waited for needs an id") }
    let done = try subscribe(to: PlatformSubjects.done(id, of: operatorName))
    defer { done.unsubscribe() }
    openCommands.withLock { $0[id] = request.agent }
    defer { openCommands.withLock { $0[id] = nil } }
    let view = try await submit(request)
    accepted(view)
    return try await Self.isFinal(view) ? view : wait(for: id, on: done, timeout: timeout)
  }

  /// Waits for the outcome of a command that was submitted before.
  ///
  /// - Parameter id: The complete id.
  /// - Throws: `timedOut`, `notFound` or `unreachable`.
  func wait(for id: String, timeout: Duration) async throws(ConsoleError) -> JSONValue {
    let done = try subscribe(to: PlatformSubjects.done(id, of: operatorName))
    defer { done.unsubscribe() }
    let view = try await call(.commandsShow, Requests.Command(id: id))
    return try await Self.isFinal(view) ? view : wait(for: id, on: done, timeout: timeout)
  }

  /// Subscribes to a subject.
  ///
  /// - Throws: `unreachable`.
  func subscribe(to subject: String) throws(ConsoleError) -> NATSSubscription {
    do throws(NATSError) { return try nats.subscribe(to: subject) } catch {
      throw ConsoleError(.unreachable, error.message)
    }
  }

  private func wait(
    for id: String, on done: NATSSubscription, timeout: Duration
  ) async throws(ConsoleError) -> JSONValue {
    let result = await withTaskGroup(of: Result<JSONValue, ConsoleError>?.self) { [self] group in
      group.addTask {
        for await message in done {
          // Malformed messages are ignored: the command is also looked up periodically.
          let view = try? JSONReader.parse(Array(message.payload.readableBytesView))
          if let view, Self.isFinal(view) { return .success(view) }
        }
        return nil
      }
      group.addTask { await self.lookUp(id) }
      group.addTask {
        do { try await Task.sleep(for: timeout) } catch { return nil }
        return .failure(self.timedOut(id, timeout))
      }
      defer { group.cancelAll() }
      while let result = await group.next() {
        if let result { return result }
        if Task.isCancelled { break }
      }
      return .failure(ConsoleError(.interrupted, "interrupted"))
    }
    return try result.get()
  }

  private func lookUp(_ id: String) async -> Result<JSONValue, ConsoleError>? {
    while !Task.isCancelled {
      do { try await Task.sleep(for: Self.lookUpInterval) } catch { return nil }
      do throws(PlatformFailure) {
        let view = try await send(.commandsShow, Requests.Command(id: id))
        if Self.isFinal(view) { return .success(view) }
      } catch {
        // Transient failures are retried until the timeout.
        if !error.isTransient {
          return .failure(error.consoleError(operatorName: operatorName, method: .commandsShow))
        }
      }
    }
    return nil
  }

  private func timedOut(_ id: String, _ timeout: Duration) -> ConsoleError {
    ConsoleError(
      .timedOut,
      "no result within \(timeout.components.seconds) s; it may still come: plsctl commands wait \(id)")
  }

  private static func isFinal(_ view: JSONValue) -> Bool {
    view.objectValue?["state"]?.stringValue.flatMap(CommandView.State.init)?.isFinal ?? false
  }
}

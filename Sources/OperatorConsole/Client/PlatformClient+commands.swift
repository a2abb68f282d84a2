import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

extension PlatformClient {
  /// How often a command is looked up while it is waited for, should the message of its end get lost.
  private static let lookUpInterval = Duration.seconds(3)
  /// How long a request is repeated that gets no answer.
  private static let submissionPatience = Duration.seconds(15)

  /// Submits a command. It carries an id of its own, so it is repeated, not doubled, when no answer comes.
  ///
  /// - Returns: the ``CommandView`` as it came.
  /// - Throws: what the platform refused, or that it did not answer.
  func submit(_ request: Requests.Submit) async throws(ConsoleError) -> JSONValue {
    try await callRepeatedly(.commandsSubmit, request, id: request.id)
  }

  /// Asks what may be asked twice, again and again while the platform cannot answer for a moment.
  ///
  /// - Parameter id: the command that is submitted, named where it stays unknown whether the platform took it.
  func callRepeatedly(
    _ method: APIMethod, _ request: some Encodable & Sendable, id: String? = nil
  ) async throws(ConsoleError) -> JSONValue {
    let deadline = ContinuousClock.now + Self.submissionPatience
    var attempts = 0
    while true {
      attempts += 1
      do {
        return try await ask(method, request)
      } catch {
        let isAbsent = error == .noPlatform && attempts >= 10
        guard error.isTransient, !isAbsent, .now < deadline else {
          var failure = error.consoleError(operatorName: operatorName, method: method)
          if case .noAnswer = error, let id {
            failure.message += "; whether it took it: plsctl commands show \(id)"
          }
          throw failure
        }
      }
      try await Self.pause(.milliseconds(250))
    }
  }

  /// Submits a command and waits for its end. Survives a reconnect in between.
  ///
  /// - Parameters:
  ///   - patience: how long to wait.
  ///   - accepted: told what the platform answered to the submission.
  /// - Returns: the ``CommandView`` as it came, with its result.
  /// - Throws: as ``submit(_:)`` does; timed out.
  func run(
    _ request: Requests.Submit, patience: Duration,
    accepted: @Sendable (JSONValue) -> Void = { _ in }
  ) async throws(ConsoleError) -> JSONValue {
    guard let id = request.id else { throw ConsoleError(.usage, "a command that is waited for needs an id") }
    let done = try subscribe(to: PlatformSubjects.done(id, of: operatorName))
    defer { done.unsubscribe() }
    openCommands.withLock { $0[id] = request.agent }
    defer { openCommands.withLock { $0[id] = nil } }
    let view = try await submit(request)
    accepted(view)
    return try await Self.isFinal(view) ? view : wait(for: id, on: done, patience: patience)
  }

  /// Waits for the end of a command that was submitted before.
  ///
  /// - Parameter id: the whole id.
  /// - Throws: timed out; not found; why the platform could not be asked.
  func wait(for id: String, patience: Duration) async throws(ConsoleError) -> JSONValue {
    let done = try subscribe(to: PlatformSubjects.done(id, of: operatorName))
    defer { done.unsubscribe() }
    let view = try await call(.commandsShow, Requests.Command(id: id))
    return try await Self.isFinal(view) ? view : wait(for: id, on: done, patience: patience)
  }

  /// Subscribes.
  ///
  /// - Throws: unreachable.
  func subscribe(to subject: String) throws(ConsoleError) -> NATSSubscription {
    do throws(NATSError) { return try nats.subscribe(to: subject) } catch {
      throw ConsoleError(.unreachable, error.message)
    }
  }

  private func wait(
    for id: String, on done: NATSSubscription, patience: Duration
  ) async throws(ConsoleError) -> JSONValue {
    let result = await withTaskGroup(of: Result<JSONValue, ConsoleError>?.self) { [self] group in
      group.addTask {
        for await message in done {
          // What is no command is no end either: it is looked up soon.
          let view = try? JSONReader.parse(Array(message.payload.readableBytesView))
          if let view, Self.isFinal(view) { return .success(view) }
        }
        return nil
      }
      group.addTask { await self.lookUp(id) }
      group.addTask {
        do { try await Task.sleep(for: patience) } catch { return nil }
        return .failure(self.timedOut(id, patience))
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
        let view = try await ask(.commandsShow, Requests.Command(id: id))
        if Self.isFinal(view) { return .success(view) }
      } catch {
        // An answer that did not come is asked for again, as long as somebody waits.
        if !error.isTransient {
          return .failure(error.consoleError(operatorName: operatorName, method: .commandsShow))
        }
      }
    }
    return nil
  }

  private func timedOut(_ id: String, _ patience: Duration) -> ConsoleError {
    ConsoleError(
      .timedOut,
      "no result within \(patience.components.seconds) s; it may still come: plsctl commands wait \(id)")
  }

  private static func isFinal(_ view: JSONValue) -> Bool {
    view.objectValue?["state"]?.stringValue.flatMap(CommandView.State.init)?.isFinal ?? false
  }
}

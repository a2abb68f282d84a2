import AgentProtocol
import JSON
import Locks

@testable import AgentCore

/// An operation whose runs the test observes and ends.
final class GatedOperation: AgentCore.Operation {
  let entry: CatalogueEntry
  let executionMode: ExecutionMode
  let events = Broadcast()
  private let state = Locked((started: [String](), running: 0, maximum: 0, released: false))

  init(_ name: String, executionMode: ExecutionMode = .ordered, released: Bool = false) {
    entry = CatalogueEntry(name, "for tests")
    self.executionMode = executionMode
    state.withLock { $0.released = released }
  }

  /// The ids of the started commands, in order.
  var started: [String] { state.withLock { $0.started } }

  /// The maximum number of concurrent runs.
  var maximumRunning: Int { state.withLock { $0.maximum } }

  func release() {
    state.withLock { $0.released = true }
    events.signal()
  }

  func waitUntilStarted(_ count: Int) async {
    await events.wait { state.withLock { $0.started.count } >= count }
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    state.withLock { state in
      state.started.append(context.commandID)
      state.running += 1
      state.maximum = max(state.maximum, state.running)
    }
    events.signal()
    await events.wait { state.withLock { $0.released } }
    state.withLock { $0.running -= 1 }
    return Task.isCancelled
      ? .failed(.failed, "ended", output: ["partial": true]) : .completed(["id": .string(context.commandID)])
  }
}

/// A query that returns its parameter.
struct Echo: AgentCore.Operation {
  let entry = CatalogueEntry("echo", "for tests")
  let executionMode = ExecutionMode.immediate

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> JSONValue {
    guard let text = params["text"] else { throw Refusal(.invalidParams, "\"text\" is missing") }
    return text
  }

  func run(_ text: JSONValue, in context: CommandContext) async -> OperationOutcome { .completed(text) }
}

/// Writes the lines of its parameter to the progress sink. It counts as having an effect.
struct Chatter: AgentCore.Operation {
  let entry = CatalogueEntry("chatter", "for tests")
  let executionMode = ExecutionMode.ordered

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> [String] {
    params["lines"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }

  func run(_ lines: [String], in context: CommandContext) async -> OperationOutcome {
    for line in lines { context.progress?.write(.stdout, Array(line.utf8)) }
    context.progress?.write(.stderr, Array("done".utf8))
    return .completed(["streamed": .bool(context.progress != nil)])
  }
}

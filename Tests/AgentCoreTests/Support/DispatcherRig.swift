import AgentProtocol
import HostControl
import JSON
import Locks
import Logging
import Testing

@testable import AgentCore

/// A dispatcher with a fake uplink and a journal on disk or in memory. Each instance stands for one process of an agent.
struct DispatcherRig {
  let uplink: FakeUplink
  let scheduler: CommandScheduler
  let slow: GatedOperation
  let losses = LossCounter()
  let journal: CommandJournal
  let clock: PlatformClock
  let dispatcher: CommandDispatcher
  let messages: AsyncStream<CommandMessage>
  let input: AsyncStream<CommandMessage>.Continuation

  init(
    in folder: String? = nil, uplink: FakeUplink = FakeUplink(),
    slow: GatedOperation = GatedOperation("slow"),
    others: [any AgentCore.Operation] = [], timeout: Duration = .seconds(30),
    capacity: Int = 10_000, parallelLimit: Int = 8, resultBudget: Int = 16 << 20,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  ) throws {
    let agent = try #require(AgentUUID("a"))
    self.uplink = uplink
    self.slow = slow
    let scheduler = CommandScheduler(parallelLimit: parallelLimit, capacity: capacity)
    self.scheduler = scheduler
    journal = CommandJournal.test(in: folder, losses: losses)
    clock = PlatformClock(folder: nil, logger: logger)
    let catalogue = Catalogue([Echo(), slow, AgentCancel(scheduler: scheduler)] + others)
    dispatcher = CommandDispatcher(
      agent: agent, catalogue: catalogue,
      settings: .init(policy: Self.policy(catalogue.operations.map(\.entry.operation)), timeout: timeout),
      scheduler: scheduler, journal: journal,
      delivery: ResultDelivery(uplink: uplink, agent: agent, losses: losses, logger: logger),
      progress: ProgressPublisher(uplink: uplink, agent: agent, logger: logger), losses: losses,
      outputLimit: { 1_000 }, resultBudget: resultBudget, retryInterval: .milliseconds(20),
      clock: clock, logger: logger)
    (messages, input) = AsyncStream<CommandMessage>.makeStream()
  }

  static func policy(_ operations: [String]) -> CommandPolicy {
    CommandPolicy(allowedOperations: operations, executables: ExecutableAllowlist([]))
  }

  func send(
    _ id: String, _ operation: String, _ rest: String = "", replyTo: String = "", connectionID: UInt64 = 1
  ) {
    let reply = replyTo.isEmpty ? "" : #","reply_to":"\#(replyTo)""#
    let text = #"{"v":1,"id":"\#(id)"\#(reply),"payload":{"operation":"\#(operation)"\#(rest)}}"#
    input.yield(CommandMessage(bytes: Array(text.utf8), connectionID: connectionID))
  }

  /// Runs the dispatcher around `body`, then waits until it has answered all accepted commands.
  func run(_ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await dispatcher.run(messages) }
      try await body()
      input.finish()
      try await group.waitForAll()
    }
  }
}

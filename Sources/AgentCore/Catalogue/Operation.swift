import AgentProtocol
import HostControl
import JSON

/// An operation that commands can request: its catalogue entry, its parameters and its implementation. The capabilities, the
/// gate and the dispatcher are derived from the list of all operations.
protocol Operation: Sendable {
  /// The validated parameters.
  associatedtype Parameters: Sendable

  /// The name of the operation, and its entry in the capabilities.
  var entry: CatalogueEntry { get }

  /// How it is scheduled beside other commands.
  var executionMode: ExecutionMode { get }

  /// The memory that a run may use, for immediate operations.
  var queryCost: QueryCost { get }

  /// Whether an immediate operation changes the state of the agent.
  var isControl: Bool { get }

  /// Validates the parameters of a command, including the local allowlists. No I/O.
  ///
  /// - Throws: ``Refusal``, which is returned as a `rejected` result.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Parameters

  /// The maximum time of a run with these parameters, regardless of the timeout of the command; nil = no limit.
  func timeLimit(for parameters: Parameters) -> Duration?

  /// The timeout of commands that set none; nil = `agent.command_timeout`.
  var defaultTimeout: Duration? { get }

  /// Executes the operation. Must return within a second after its task is cancelled, with the output so far.
  func run(_ parameters: Parameters, in context: CommandContext) async -> OperationOutcome

  /// Resumes a run that was interrupted by a restart of the agent or of the machine, or cleans up after it. Cancellation is
  /// handled as in `run`.
  ///
  /// - Returns: The outcome; nil = the run cannot be resumed, and its result is `failed` with the code `interrupted`.
  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome?

  /// Called when the result of a run was delivered.
  func wasDelivered()
}

/// The memory that a run of a query may use, from the first data it reads until its output is sent.
enum QueryCost: Sendable, Equatable {
  /// At most the memory that is reserved for any command (``CommandDispatcher/taskSize``).
  case small
  /// The maximum number of bytes for raw replies, decoded values and the output, reserved before the run. If they are not
  /// available, the command is rejected with `busy`. Equal waiting queries share a run.
  case shared(bytes: Int)
}

/// How an operation is scheduled. All modes except `immediate` are for operations that change the machine; they are journalled
/// before they run.
enum ExecutionMode: Sendable {
  /// Queries, and control of the agent: run without waiting, and end quickly.
  case immediate
  /// Runs after the ordered commands received before it, unless the command sets `parallel`.
  case ordered
  /// Runs without waiting. A second command of the same operation is rejected with `busy` meanwhile.
  case exclusive
  /// Runs when no other command runs, except queries. Commands received after it wait for its end.
  case barrier
}

/// The command that an operation is executed for.
struct CommandContext: Sendable {
  /// The id of the command; empty when it has none.
  let commandID: String
  /// The maximum size of the output, in bytes. More does not fit into a message.
  let outputLimit: Int
  /// Receives output during the run; nil unless the command requested it (`"stream": true`).
  let progress: (any ProgressSink)?
  /// Records a process that the operation has started, so that it can be ended after a restart of the agent.
  let didStart: @Sendable (ProcessIdentity) -> Void
  /// The reason why the task was cancelled.
  let stopReason: @Sendable () -> StopReason?

  init(
    commandID: String, outputLimit: Int, progress: (any ProgressSink)? = nil,
    didStart: @escaping @Sendable (ProcessIdentity) -> Void = { _ in },
    stopReason: @escaping @Sendable () -> StopReason? = { nil }
  ) {
    self.commandID = commandID
    self.outputLimit = outputLimit
    self.progress = progress
    self.didStart = didStart
    self.stopReason = stopReason
  }
}

/// The outcome of an operation.
enum OperationOutcome: Sendable, Equatable {
  /// Success, optionally with a message.
  case completed(JSONValue?, message: String = "", isTruncated: Bool = false)
  /// Failure, with the output so far.
  case failed(ResultPayload.Code, String, output: JSONValue? = nil, isTruncated: Bool = false)
  /// Rejected without any effect, for a reason that required I/O to detect.
  case refused(Refusal)
  /// The run continues after the end of the agent, and is resumed with `Operation.resume` later. There is no result yet. Only valid
  /// for the stop reason `interrupted`.
  case detached
}

/// Why a command is rejected.
struct Refusal: Error, Sendable, Equatable {
  /// The code of the result.
  let code: ResultPayload.Code
  /// The message of the result.
  let message: String
  /// The requested operation; empty when the command could not be decoded.
  var operation: String

  init(_ code: ResultPayload.Code, _ message: String, operation: String = "") {
    self.code = code
    self.message = message
    self.operation = operation
  }
}

extension OperationOutcome {
  /// The output.
  var output: JSONValue? {
    switch self {
    case .completed(let output, _, _), .failed(_, _, let output, _): output
    case .refused, .detached: nil
    }
  }
}

extension Operation {
  var queryCost: QueryCost { .small }

  var isControl: Bool { false }

  func timeLimit(for parameters: Parameters) -> Duration? { nil }

  var defaultTimeout: Duration? { nil }

  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome? { nil }

  func wasDelivered() {}
}

extension Operation where Parameters == Void {
  /// Ignores the parameters.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) {}
}

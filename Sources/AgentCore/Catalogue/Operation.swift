import AgentProtocol
import HostControl
import JSON

/// One thing that the agent can be asked to do: its catalogue entry, what it takes and what it does stand together. The
/// capabilities, the gate and the dispatcher are derived from the list of all operations.
protocol Operation: Sendable {
  /// What `run` takes, once the parameters on the wire were found to be right.
  associatedtype Parameters: Sendable

  /// Its name, and what the capabilities say of it.
  var entry: CatalogueEntry { get }

  /// Whether it waits its turn.
  var pace: Pace { get }

  /// The memory that a run of a query may hold.
  var queryCost: QueryCost { get }

  /// Whether it changes what the agent itself does, though it runs at once.
  var isControl: Bool { get }

  /// Checks what came over the wire, against the local allowlists too. Without I/O: nothing has run when it throws.
  ///
  /// - Throws: ``Refusal``, which becomes a `rejected` result.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Parameters

  /// The longest that it may take with these parameters, whatever the command asks for; nil = no limit of its own.
  func timeLimit(for parameters: Parameters) -> Duration?

  /// How long it may take when the command does not say; nil = as long as the configuration allows any command.
  var defaultTimeout: Duration? { get }

  /// Does it. Must return within a second once its task is cancelled, with what there is by then.
  func run(_ parameters: Parameters, in context: CommandContext) async -> OperationOutcome

  /// Takes up a run that a restart of the agent, or of the machine, interrupted; what it has left behind must be ended first.
  /// Ends as `run` does when its task is cancelled.
  ///
  /// - Returns: How the run has ended after all; nil = it is over, and is answered `failed`, `interrupted`.
  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome?

  /// The result of a run has been delivered.
  func wasDelivered()
}

/// The memory that a run of a query may hold, from the first reply of the machine until its output is sent.
enum QueryCost: Sendable, Equatable {
  /// No more than what is reserved for any command (``CommandDispatcher/taskSize``).
  case small
  /// At most so many bytes: raw replies, decoded values and the output together. They are reserved before it runs, and it is
  /// refused with `busy` where they are not free. Equal queries that wait together share a run.
  case shared(bytes: Int)
}

/// When an operation runs. All but `immediate` have an effect on the machine, and are noted in the journal before they run.
enum Pace: Sendable {
  /// A query, or control of the agent itself: runs at once beside everything else, and ends by itself in a moment.
  case immediate
  /// Runs after the ordered commands that came before it, unless it asks for `parallel`.
  case ordered
  /// Runs at once beside everything else; a second one of the same operation is refused `busy` meanwhile.
  case beside
  /// Runs when nothing else does, queries excepted; what came after it waits until it is through.
  case last
}

/// What an operation may know of the command that it serves.
struct CommandContext: Sendable {
  /// The command's id; empty when it has none.
  let commandID: String
  /// The most bytes of output worth keeping: more could not be sent in one message.
  let outputLimit: Int
  /// Where to write what should be seen before the result; nil unless the command asked for it (`"stream": true`).
  let progress: (any ProgressSink)?
  /// Notes a process that the operation has started, so that an agent that takes over can end what is left of it.
  let didStart: @Sendable (ProcessIdentity) -> Void
  /// Why the operation has to stop, once its task is cancelled.
  let stopReason: @Sendable () -> StopReason?

  /// A context.
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

/// How an operation ended.
enum OperationOutcome: Sendable, Equatable {
  /// It did what was asked; the message says what else there is to know.
  case completed(JSONValue?, message: String = "", isTruncated: Bool = false)
  /// It was tried and did not succeed; what it has put out goes along.
  case failed(ResultPayload.Code, String, output: JSONValue? = nil, isTruncated: Bool = false)
  /// It was refused after all: something only showed when the machine was asked. Nothing was done.
  case refused(Refusal)
  /// Only where the stop reason is `interrupted`: the agent ends and the work goes on without it. There is no answer now;
  /// a later agent takes the run up with `Operation.resume`.
  case goesOn
}

/// Why a command is not run.
struct Refusal: Error, Sendable, Equatable {
  /// For programs.
  let code: ResultPayload.Code
  /// For people.
  let message: String
  /// The operation that was asked for, as far as the command could be read.
  var operation: String

  /// A refusal.
  init(_ code: ResultPayload.Code, _ message: String, operation: String = "") {
    self.code = code
    self.message = message
    self.operation = operation
  }
}

extension OperationOutcome {
  /// What it has put out.
  var output: JSONValue? {
    switch self {
    case .completed(let output, _, _), .failed(_, _, let output, _): output
    case .refused, .goesOn: nil
    }
  }
}

extension Operation {
  /// A small answer.
  var queryCost: QueryCost { .small }

  /// It changes nothing of the agent.
  var isControl: Bool { false }

  /// No limit of its own.
  func timeLimit(for parameters: Parameters) -> Duration? { nil }

  /// As the configuration says.
  var defaultTimeout: Duration? { nil }

  /// It is over.
  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome? { nil }

  /// Nothing depends on it.
  func wasDelivered() {}
}

extension Operation where Parameters == Void {
  /// It takes no parameters; what is there is ignored.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) {}
}

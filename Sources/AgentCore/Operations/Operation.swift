import AgentProtocol
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

  /// Checks what came over the wire, against the local allowlists too. Without I/O: nothing has run when it throws.
  ///
  /// - Throws: ``Refusal``, which becomes a `rejected` result.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Parameters

  /// The longest that it may take with these parameters, whatever the command asks for; nil = no limit of its own.
  func timeLimit(for parameters: Parameters) -> Duration?

  /// Does it. Must return within a second once its task is cancelled, with what there is by then.
  func run(_ parameters: Parameters, in context: CommandContext) async -> OperationOutcome
}

/// Whether an operation waits its turn.
enum Pace: Sendable {
  /// A query, or control of the agent itself: runs at once beside everything else, and ends by itself in a moment.
  case immediate
  /// It has an effect on the machine: runs after the commands that came before it, unless it asks for `parallel`.
  case ordered
}

/// What an operation may know of the command that it serves.
struct CommandContext: Sendable {
  /// The command's id; empty when it has none.
  let commandID: String
  /// The most bytes of output worth keeping: more could not be sent in one message.
  let outputLimit: Int

  /// A context.
  init(commandID: String, outputLimit: Int) {
    self.commandID = commandID
    self.outputLimit = outputLimit
  }
}

/// How an operation ended.
enum OperationOutcome: Sendable, Equatable {
  /// It did what was asked.
  case completed(JSONValue?, isTruncated: Bool = false)
  /// It was tried and did not succeed; what it has put out goes along.
  case failed(ResultPayload.Code, String, output: JSONValue? = nil, isTruncated: Bool = false)
}

/// Why a command is not run.
struct Refusal: Error, Sendable, Equatable {
  /// For programs.
  let code: ResultPayload.Code
  /// For people.
  let message: String
  /// The operation that was asked for, as far as the command could be read.
  var operation = ""

  /// A refusal.
  init(_ code: ResultPayload.Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension Operation {
  /// No limit of its own.
  func timeLimit(for parameters: Parameters) -> Duration? { nil }
}

extension Operation where Parameters == Void {
  /// It takes no parameters; what is there is ignored.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) {}
}

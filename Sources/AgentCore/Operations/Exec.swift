import AgentProtocol
import Clocks
import Encoding
import HostControl
import JSON
import Logging

/// `exec`: runs a program of the allowlist, never through a shell.
struct Exec: Operation {
  /// A permitted run.
  struct Parameters: Sendable {
    let command: String
    let arguments: [String]
    let timeLimit: Duration?
    let user: String?
  }

  let entry = CatalogueEntry(
    "exec", "Run a binary of the local allowlist",
    parameters: [
      .init("command", .string, "Absolute path of a listed binary"),
      .init("args", .array, required: false, "Its arguments, each a string"),
    ])
  let executionMode = ExecutionMode.ordered
  private let runner: any ProgramRunner
  private let environment: [(name: String, value: String)]
  private let logger: Logger
  /// Limits the captured output of all concurrent runs.
  private let output: OutputBudget

  /// The environment of all programs. Contains no other variables of the agent, which may be secret.
  static func environment(from variables: [String: String]) -> [(name: String, value: String)] {
    [
      ("PATH", variables["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("LANG", variables["LANG"] ?? "C.UTF-8"),
      ("HOME", variables["HOME"] ?? "/"),
    ]
  }

  /// - Parameters:
  ///   - environment: The complete environment of every program.
  ///   - outputBudget: The maximum captured output of all concurrent runs, in bytes, in addition to
  ///     `OutputBudget.guaranteedBytes` for each stream.
  init(
    runner: any ProgramRunner, environment: [(name: String, value: String)], outputBudget: Int = 16 << 20,
    logger: Logger
  ) {
    self.runner = runner
    output = OutputBudget(bytes: outputBudget)
    self.environment = environment
    self.logger = logger
  }

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Parameters {
    guard let command = params["command"]?.stringValue, !command.isEmpty else {
      throw Refusal(.invalidParams, "\"command\" must be a string that is not empty")
    }
    let arguments = try Self.arguments(params["args"])
    let entry = try policy.executables.entry(permitting: command, arguments: arguments)
    return Parameters(
      command: command, arguments: arguments, timeLimit: entry.timeLimit, user: entry.user)
  }

  private static func arguments(_ value: JSONValue?) throws(Refusal) -> [String] {
    guard let value, value != .null else { return [] }
    // PHP encodes an empty list as an object in some cases.
    if let object = value.objectValue, object.isEmpty { return [] }
    guard let elements = value.arrayValue else {
      throw Refusal(.invalidParams, "\"args\" must be an array of strings")
    }
    var arguments: [String] = []
    for element in elements {
      guard let argument = element.stringValue else {
        throw Refusal(.invalidParams, "\"args\" must hold strings only, found \(element.kind)")
      }
      arguments.append(argument)
    }
    return arguments
  }

  func timeLimit(for parameters: Parameters) -> Duration? { parameters.timeLimit }

  func run(_ parameters: Parameters, in context: CommandContext) async -> OperationOutcome {
    var request = ProcessRequest(
      executable: parameters.command, arguments: parameters.arguments, environment: environment,
      user: parameters.user, outputLimit: context.outputLimit, purpose: context.commandID)
    let account = output.account()
    defer { account.close() }
    request.outputAccount = account
    request.onStart = context.didStart
    if let progress = context.progress {
      request.onOutput = { stream, bytes in progress.write(ProgressStream(stream), bytes) }
    }
    do {
      let outcome = try await runner.run(request)
      audit(parameters, context, outcome)
      return Self.result(of: outcome)
    } catch {
      logger.warning(
        "command not executed",
        metadata: ["command_id": "\(context.commandID)", "argv": argv(parameters), "reason": "\(error)"])
      return .failed(.failed, "\(error)")
    }
  }

  /// Ends the remaining processes of the run; a program cannot be resumed.
  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome? {
    guard run.bootID == BootID.current else { return nil }
    await runner.endLeftovers(of: run.commandID)
    for process in run.processes { await LeftoverProcess.end(process) }
    return nil
  }

  private static func result(of outcome: ProcessOutcome) -> OperationOutcome {
    var output: JSONObject = [
      "stdout": .string(outcome.stdout.text), "stderr": .string(outcome.stderr.text),
    ]
    let isTruncated = outcome.stdout.isTruncated || outcome.stderr.isTruncated
    switch outcome.ending {
    case .exited(0):
      output.append("exit_code", 0)
      return .completed(.object(output), isTruncated: isTruncated)
    case .exited(let code):
      output.append("exit_code", .integer(Int64(code)))
      return .failed(.failed, "exit code \(code)", output: .object(output), isTruncated: isTruncated)
    case .signalled(let signal):
      // The convention of shells; a missing field could be read as 0.
      output.append("exit_code", .integer(128 + Int64(signal)))
      return .failed(.failed, "ended by signal \(signal)", output: .object(output), isTruncated: isTruncated)
    case .unknown(let reason):
      return .failed(.failed, "ended: \(reason)", output: .object(output), isTruncated: isTruncated)
    case .terminated:
      return .failed(.failed, "the process tree was ended", output: .object(output), isTruncated: isTruncated)
    }
  }

  private func audit(_ parameters: Parameters, _ context: CommandContext, _ outcome: ProcessOutcome) {
    var metadata: Logger.Metadata = [
      "command_id": "\(context.commandID)", "argv": argv(parameters),
      "exit_code": outcome.ending.exitCode.map { .stringConvertible($0) } ?? "none",
      "duration_ms": .stringConvertible(outcome.duration.wholeMilliseconds),
    ]
    metadata["user"] = parameters.user.map { "\($0)" }
    logger.info("command executed", metadata: metadata)
  }

  /// The command line for the audit log, bounded: arguments may be as long as a message.
  private func argv(_ parameters: Parameters) -> Logger.MetadataValue {
    let shown = ([parameters.command] + parameters.arguments.prefix(64)).map { $0.prefix(bytes: 512) }
    return .array(shown.map { .string($0) })
  }
}

extension ProgressStream {
  fileprivate init(_ stream: ProcessRequest.Stream) {
    switch stream {
    case .stdout: self = .stdout
    case .stderr: self = .stderr
    }
  }
}

extension ProcessOutcome.Ending {
  fileprivate var exitCode: Int32? {
    switch self {
    case .exited(let code): code
    case .signalled(let signal): 128 + signal
    case .terminated, .unknown: nil
    }
  }
}

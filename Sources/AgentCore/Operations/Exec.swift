import AgentProtocol
import HostControl
import JSON
import Logging

/// `exec`: runs one listed binary, never through a shell.
struct Exec: Operation {
  /// A run that the allowlist permits.
  struct Parameters: Sendable {
    let command: String
    let arguments: [String]
    let timeLimit: Duration?
    let user: String?
  }

  /// See ``Operation``.
  let entry = CatalogueEntry(
    "exec", "Run a binary of the local allowlist",
    parameters: [
      .init("command", .string, "Absolute path of a listed binary"),
      .init("args", .array, required: false, "Its arguments, each a string"),
    ])
  /// See ``Operation``.
  let pace = Pace.ordered
  private let runner: any ProgramRunner
  private let environment: [(name: String, value: String)]
  private let logger: Logger
  /// The output that is kept of all programs that run at a time, until it is in their results.
  private let output: OutputBudget

  /// What programs are given of the agent's own environment: nothing secret can be among it.
  static func environment(from variables: [String: String]) -> [(name: String, value: String)] {
    [
      ("PATH", variables["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("LANG", variables["LANG"] ?? "C.UTF-8"),
      ("HOME", variables["HOME"] ?? "/"),
    ]
  }

  /// The operation.
  ///
  /// - Parameters:
  ///   - environment: All that a program is given: no secret of the agent's own environment leaks.
  ///   - outputBudget: The most bytes of output that are kept of all programs that run at a time, beside
  ///     `OutputBudget.guaranteedBytes` of each stream.
  init(
    runner: any ProgramRunner, environment: [(name: String, value: String)], outputBudget: Int = 16 << 20,
    logger: Logger
  ) {
    self.runner = runner
    output = OutputBudget(bytes: outputBudget)
    self.environment = environment
    self.logger = logger
  }

  /// See ``Operation``.
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
    // PHP sends an empty list as an object now and then.
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

  /// See ``Operation``.
  func timeLimit(for parameters: Parameters) -> Duration? { parameters.timeLimit }

  /// See ``Operation``.
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

  /// See ``Operation``. A program cannot be taken up again: what is left of it is ended.
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
      // As a shell would put it, so that the field is there and not 0.
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

  /// For the audit trail: bounded, as an argument may be as long as a message.
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

import AgentProtocol
import HostControl
import JSON

/// The result of `system.update`, built from the state and output of an update. No I/O.
struct UpdateReport: Sendable {
  /// The distribution, such as `ubuntu 24.04`.
  let distribution: String
  /// The state of the update; nil when it cannot be read.
  let state: UpdateState?
  /// The captured output.
  let outputs: [UpdateFolder.Output: CapturedOutput]

  /// Creates a report from the output in a folder.
  ///
  /// - Parameter limit: The size of each output, in bytes.
  init(distribution: String, state: UpdateState?, folder: UpdateFolder, limit: Int) {
    self.init(
      distribution: distribution, state: state,
      outputs: Dictionary(
        uniqueKeysWithValues: UpdateFolder.Output.allCases.map { ($0, folder.output($0, limit: limit)) }))
  }

  /// Creates a report.
  init(distribution: String, state: UpdateState?, outputs: [UpdateFolder.Output: CapturedOutput]) {
    self.distribution = distribution
    self.state = state
    self.outputs = outputs
  }

  /// The outcome of an update whose service has ended.
  var outcome: OperationOutcome {
    let output = JSONValue.object(output)
    guard let code else { return .completed(output, message: remarks, isTruncated: isTruncated) }
    return .failed(code, message, output: output, isTruncated: isTruncated)
  }

  /// The result code; nil for a completed update.
  private var code: ResultPayload.Code? {
    switch state?.ending {
    case .completed?: nil
    case .failed?: .failed
    case .stopped?: .cancelled
    case nil: .interrupted
    }
  }

  private var message: String {
    switch state?.ending {
    case .completed?: remarks
    case .failed(let message)?: message
    case .stopped?: "the update was stopped before anything was installed"
    case nil: lostMessage
    }
  }

  /// The parts that a completed update has skipped; empty when there are none.
  private var remarks: String {
    guard let state else { return "" }
    var remarks: [String] = []
    if !state.failedSources.isEmpty {
      remarks.append("package sources not used: \(FailedSource.summary(of: state.failedSources))")
    }
    if !state.keptBack.isEmpty { remarks.append("kept back: \(Self.names(state.keptBack))") }
    return remarks.joined(separator: "; ")
  }

  private static func names(_ names: [String]) -> String {
    let rest = names.count - 10
    return names.prefix(10).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }

  private var lostMessage: String {
    switch state?.phase {
    case nil: "the update ended without a result; see its journal"
    case .starting?: "the update ended before it started"
    case .installing?, .repairing?:
      "the update was ended from outside while packages were installed; the next one repairs what is left undone"
    case let phase?: "the update was ended from outside while \(phase.rawValue)"
    }
  }

  private var output: JSONObject {
    var object: JSONObject = [
      "distro": .string(distribution), "update_stdout": text(.updateStdout),
      "update_stderr": text(.updateStderr),
      "upgrade_stdout": text(.upgradeStdout), "upgrade_stderr": text(.upgradeStderr),
    ]
    if let state, state.ending != nil {
      object.append("reboot_required", .bool(state.isRebootRequired))
      object.append("upgraded", .array(state.upgraded.map(\.json)))
      object.append("failed_sources", .array(state.failedSources.map(\.json)))
      object.append("kept_back", .array(state.keptBack.map(JSONValue.string)))
      object.append("deferred", .array(state.deferred.map(JSONValue.string)))
    }
    return object
  }

  private func text(_ output: UpdateFolder.Output) -> JSONValue {
    .string(outputs[output]?.text ?? "")
  }

  private var isTruncated: Bool {
    state?.isOutputTruncated == true || outputs.values.contains { $0.isTruncated }
  }

  /// The alert on the end of an update whose command was answered before.
  func alert(unit: String) -> AlertPayload {
    var details: JSONObject = ["command_id": .string(state?.commandID ?? "")]
    details.append("upgraded", JSONValue(state?.upgraded.count ?? 0))
    details.append("reboot_required", .bool(state?.isRebootRequired ?? false))
    details.append("failed_sources", JSONValue(state?.failedSources.count ?? 0))
    details.append("kept_back", JSONValue(state?.keptBack.count ?? 0))
    let isFinished = state?.ending == .completed
    let finished = "the update that continued after its command was answered is finished"
    return AlertPayload(
      isFinished ? .info : .warning, code: isFinished ? "UPDATE_FINISHED" : "UPDATE_FAILED",
      message: isFinished
        ? ([finished] + (remarks.isEmpty ? [] : [remarks])).joined(separator: "; ") : message,
      objectType: .system, objectID: unit, details: details)
  }
}

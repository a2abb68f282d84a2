import AgentProtocol
import JSON

/// That the machine was asked to go down, kept over the boot: the one result was sent before, so what became of it is told
/// by an alert.
struct PowerRequest: Sendable, Equatable {
  /// The command that asked.
  let commandID: String
  /// What it asked for.
  let transition: PowerTransition
  /// The boot in which it was asked (proc_sys_kernel(5), random/boot_id).
  let bootID: String
  /// When, in unix seconds.
  let requestedAt: Int64

  /// How long a machine may take to go down.
  static let patience = Duration.seconds(300)

  /// A request.
  init(commandID: String, transition: PowerTransition, bootID: String, requestedAt: Int64) {
    self.commandID = commandID
    self.transition = transition
    self.bootID = bootID
    self.requestedAt = requestedAt
  }

  /// What became of it.
  enum Fate: Sendable, Equatable {
    /// The machine went down and is up again.
    case happened
    /// It is due to go down; look again after this time.
    case due(Duration)
    /// It never went down.
    case failed
  }

  /// What became of it, seen at `now` (unix seconds) in the boot `bootID`.
  func fate(now: Int64, bootID: String) -> Fate {
    guard bootID == self.bootID else { return .happened }
    let patience = Self.patience.components.seconds
    let (elapsed, overflow) = now.subtractingReportingOverflow(requestedAt)
    // A clock that was set back says nothing: the time is counted anew from the first look.
    guard !overflow, elapsed >= 0 else { return .due(Self.patience) }
    return elapsed >= patience ? .failed : .due(.seconds(patience - elapsed))
  }

  /// The alert that tells of the end.
  func alert(happened: Bool) -> AlertPayload {
    let details: JSONObject = ["command_id": .string(commandID), "operation": .string(transition.rawValue)]
    return happened
      ? AlertPayload(
        .info, code: "REBOOT_COMPLETED", message: "the machine is up again after \(transition.rawValue)",
        objectType: .system, objectID: "machine", details: details)
      : AlertPayload(
        .warning, code: "REBOOT_NOT_HAPPENED",
        message:
          "the machine has not gone down \(Self.patience.components.seconds) s after \(transition.rawValue)",
        objectType: .system, objectID: "machine", details: details)
  }
}

extension PowerRequest {
  /// The request as it is kept.
  var json: JSONValue {
    [
      "command_id": .string(commandID), "operation": .string(transition.rawValue),
      "boot_id": .string(bootID), "requested_at": .integer(requestedAt),
    ]
  }

  /// A request that was kept; nil for anything else.
  init?(_ json: JSONValue) {
    guard let object = json.objectValue,
      let commandID = object["command_id"]?.stringValue,
      let transition = object["operation"]?.stringValue.flatMap(PowerTransition.init),
      let bootID = object["boot_id"]?.stringValue,
      let requestedAt = object["requested_at"]?.integerValue
    else { return nil }
    self.init(commandID: commandID, transition: transition, bootID: bootID, requestedAt: requestedAt)
  }
}

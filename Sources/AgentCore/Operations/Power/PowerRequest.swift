import AgentProtocol
import Encoding
import HostControl
import JSON

/// A requested reboot or shutdown, persisted across the boot. The result of the command is sent before the machine goes down, so
/// the outcome is reported by an alert.
struct PowerRequest: Sendable, Equatable {
  /// The id of the command.
  let commandID: String
  let transition: PowerTransition
  /// The boot id at the time of the request (proc_sys_kernel(5), `random/boot_id`).
  let bootID: String
  /// The time of the request, in unix seconds.
  let requestedAt: Int64

  /// The maximum time until the machine goes down.
  static let timeout = Duration.seconds(300)

  init(commandID: String, transition: PowerTransition, bootID: String, requestedAt: Int64) {
    self.commandID = commandID
    self.transition = transition
    self.bootID = bootID
    self.requestedAt = requestedAt
  }

  /// The state of a request.
  enum Status: Sendable, Equatable {
    /// The machine has booted again.
    case completed
    /// The machine has not gone down yet; check again after this time.
    case pending(Duration)
    /// The machine has not gone down in time.
    case failed
  }

  /// The state at `now` (unix seconds) in the boot `bootID`.
  func status(now: Int64, bootID: String) -> Status {
    guard bootID.hasSameBytes(as: self.bootID) else { return .completed }
    let timeout = Self.timeout.components.seconds
    let (elapsed, overflow) = now.subtractingReportingOverflow(requestedAt)
    // The clock was set back: the time is measured from now on.
    guard !overflow, elapsed >= 0 else { return .pending(Self.timeout) }
    return elapsed >= timeout ? .failed : .pending(.seconds(timeout - elapsed))
  }

  /// The alert that reports the outcome.
  func alert(isCompleted: Bool) -> AlertPayload {
    let details: JSONObject = ["command_id": .string(commandID), "operation": .string(transition.rawValue)]
    return isCompleted
      ? AlertPayload(
        .info, code: "REBOOT_COMPLETED", message: "the machine is up again after \(transition.rawValue)",
        objectType: .system, objectID: "machine", details: details)
      : AlertPayload(
        .warning, code: "REBOOT_NOT_HAPPENED",
        message:
          "the machine has not gone down \(Self.timeout.components.seconds) s after \(transition.rawValue)",
        objectType: .system, objectID: "machine", details: details)
  }
}

extension PowerRequest {
  /// Compares ids by their bytes.
  static func == (left: PowerRequest, right: PowerRequest) -> Bool {
    left.commandID.hasSameBytes(as: right.commandID) && left.transition == right.transition
      && left.bootID.hasSameBytes(as: right.bootID) && left.requestedAt == right.requestedAt
  }

  /// The persisted form.
  var json: JSONValue {
    [
      "command_id": .string(commandID), "operation": .string(transition.rawValue),
      "boot_id": .string(bootID), "requested_at": .integer(requestedAt),
    ]
  }

  /// Decodes the persisted form; nil when it is invalid.
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

/// The file of the pending ``PowerRequest``.
struct PowerRequestFile: Sendable {
  private static let sizeLimit = 4096

  private let path: String?

  /// - Parameter folder: The state folder; nil = nothing is persisted.
  init(folder: String?) {
    path = folder.map { "\($0)/power.json" }
  }

  /// Reads the request; nil when there is none.
  ///
  /// - Throws: ``FileError``, also for invalid content.
  func read() throws(FileError) -> PowerRequest? {
    guard let path, let bytes = try DurableFile.read(path, limit: Self.sizeLimit) else { return nil }
    do {
      if let request = PowerRequest(try JSONReader.parse(bytes)) { return request }
    } catch {
      throw FileError(path, problem: "is no request for the machine's power: \(error)")
    }
    throw FileError(path, problem: "is no request for the machine's power")
  }

  func write(_ request: PowerRequest) throws(FileError) {
    guard let path else { return }
    try DurableFile.write(JSONWriter.encode(request.json), to: path)
  }

  func remove() throws(FileError) {
    guard let path else { return }
    try DurableFile.remove(path)
  }
}

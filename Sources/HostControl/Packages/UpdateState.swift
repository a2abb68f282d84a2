public import JSON

/// The state of an update, which the worker writes and the agent reads.
public struct UpdateState: Sendable, Equatable {
  /// The current step of the worker.
  public enum Phase: String, Sendable, CaseIterable {
    /// The update was requested, and the worker has not reported yet.
    case starting
    /// `dpkg --configure -a`, if an earlier run was interrupted.
    case repairing
    /// `apt-get update`
    case updating
    /// `apt-get upgrade --download-only`
    case downloading
    /// `apt-get upgrade`. dpkg is running and is not interrupted.
    case installing
    /// The update has ended.
    case done
  }

  /// How an update ended.
  public enum Ending: Sendable, Equatable {
    /// It succeeded.
    case completed
    /// It failed, for the given reason.
    case failed(String)
    /// It was stopped on request before packages were installed.
    case stopped
  }

  /// The id of the command; empty for one without an id.
  public var commandID: String
  /// The current step of the worker.
  public var phase: Phase
  /// How the update ended; set if and only if it is done. So are all of the following.
  public var ending: Ending?
  /// The upgraded and installed packages.
  public var upgraded: [PackageUpgrade]
  /// The package sources that could not be used.
  public var failedSources: [FailedSource]
  /// The packages with a newer version that was not installed.
  public var keptBack: [String]
  /// The packages whose new version is not yet offered to this machine (phased updates).
  public var deferred: [String]
  /// Whether a reboot is required to complete the update.
  public var isRebootRequired: Bool
  /// Whether a part of the output is missing.
  public var isOutputTruncated: Bool

  /// Creates a state.
  public init(
    commandID: String, phase: Phase = .starting, ending: Ending? = nil, upgraded: [PackageUpgrade] = [],
    failedSources: [FailedSource] = [], keptBack: [String] = [], deferred: [String] = [],
    isRebootRequired: Bool = false, isOutputTruncated: Bool = false
  ) {
    self.commandID = commandID
    self.phase = phase
    self.ending = ending
    self.upgraded = upgraded
    self.failedSources = failedSources
    self.keptBack = keptBack
    self.deferred = deferred
    self.isRebootRequired = isRebootRequired
    self.isOutputTruncated = isOutputTruncated
  }
}

extension UpdateState {
  /// Parses the encoded form of `json`.
  ///
  /// - Throws: ``UpdateStateError`` for input that the worker cannot have written.
  public init(parsing bytes: [UInt8]) throws(UpdateStateError) {
    let object: JSONObject
    do {
      guard let value = try JSONReader.parse(bytes).objectValue else {
        throw UpdateStateError(description: "it is not a JSON object")
      }
      object = value
    } catch let error as UpdateStateError {
      throw error
    } catch {
      throw UpdateStateError(description: "it is not JSON: \(error)")
    }
    guard let commandID = object["command_id"]?.stringValue else {
      throw UpdateStateError(description: "\"command_id\" is not a string")
    }
    guard let phase = object["phase"]?.stringValue.flatMap(Phase.init(rawValue:)) else {
      throw UpdateStateError(description: "\"phase\" is unknown")
    }
    let ending = try Self.ending(object)
    guard (phase == .done) == (ending != nil) else {
      throw UpdateStateError(description: "\"phase\" and \"result\" contradict each other")
    }
    self.init(
      commandID: commandID, phase: phase, ending: ending, upgraded: try Self.upgraded(object["upgraded"]),
      failedSources: try Self.failedSources(object["failed_sources"]),
      keptBack: try Self.names(object, "kept_back"),
      deferred: try Self.names(object, "deferred"),
      isRebootRequired: object["reboot_required"]?.boolValue ?? false,
      isOutputTruncated: object["output_truncated"]?.boolValue ?? false)
  }

  private static func ending(_ object: JSONObject) throws(UpdateStateError) -> Ending? {
    switch object["result"] {
    case nil: nil
    case "completed"?: .completed
    case "stopped"?: .stopped
    case "failed"?: .failed(object["message"]?.stringValue ?? "the reason is missing")
    case _?: throw UpdateStateError(description: "\"result\" is unknown")
    }
  }

  private static func upgraded(_ value: JSONValue?) throws(UpdateStateError) -> [PackageUpgrade] {
    var upgraded: [PackageUpgrade] = []
    for element in try elements(value, "upgraded") {
      guard let object = element.objectValue, let package = object["package"]?.stringValue,
        let version = object["to"]?.stringValue
      else { throw UpdateStateError(description: "an element of \"upgraded\" is not a package") }
      upgraded.append(PackageUpgrade(package: package, from: object["from"]?.stringValue, to: version))
    }
    return upgraded
  }

  private static func failedSources(_ value: JSONValue?) throws(UpdateStateError) -> [FailedSource] {
    var sources: [FailedSource] = []
    for element in try elements(value, "failed_sources") {
      guard let object = element.objectValue, let source = object["source"]?.stringValue,
        let reason = object["reason"]?.stringValue
      else { throw UpdateStateError(description: "an element of \"failed_sources\" is not a source") }
      sources.append(FailedSource(source: source, reason: reason))
    }
    return sources
  }

  private static func names(_ object: JSONObject, _ key: String) throws(UpdateStateError) -> [String] {
    var names: [String] = []
    for element in try elements(object[key], key) {
      guard let name = element.stringValue else {
        throw UpdateStateError(description: "an element of \"\(key)\" is not a name")
      }
      names.append(name)
    }
    return names
  }

  /// The elements of an array; empty when it is missing, as in the state of an earlier version.
  private static func elements(_ value: JSONValue?, _ key: String) throws(UpdateStateError) -> [JSONValue] {
    guard let value else { return [] }
    guard let elements = value.arrayValue else {
      throw UpdateStateError(description: "\"\(key)\" is not an array")
    }
    return elements
  }

  /// The JSON form, as written to the file.
  public var json: JSONValue {
    var object: JSONObject = ["command_id": .string(commandID), "phase": .string(phase.rawValue)]
    switch ending {
    case nil: break
    case .completed?: object.append("result", "completed")
    case .stopped?: object.append("result", "stopped")
    case .failed(let message)?:
      object.append("result", "failed")
      object.append("message", .string(message))
    }
    if phase == .done {
      object.append("reboot_required", .bool(isRebootRequired))
      object.append("output_truncated", .bool(isOutputTruncated))
      object.append("upgraded", .array(upgraded.map(\.json)))
      object.append("failed_sources", .array(failedSources.map(\.json)))
      object.append("kept_back", .array(keptBack.map(JSONValue.string)))
      object.append("deferred", .array(deferred.map(JSONValue.string)))
    }
    return .object(object)
  }
}

/// The state of an update is invalid.
public struct UpdateStateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason.
  public let description: String
}

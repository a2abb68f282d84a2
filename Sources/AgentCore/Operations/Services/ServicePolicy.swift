import AgentProtocol
import HostControl
import JSON

/// Fixed restrictions on service operations, independent of the configuration.
///
/// Checked at the gate with the name in the command, and before the change with the primary name of the unit, as any name may be
/// an alias, and with its relation to the agent's unit.
struct ServicePolicy: Sendable {
  /// The agent's own unit.
  static let ownUnit = "plusclouds-agent.service"

  /// Decodes the parameter `name`.
  ///
  /// - Throws: ``Refusal`` with `invalidParams` when it is not the name of a service, or `notPermitted` when the change is
  ///   restricted.
  static func name(in params: JSONObject, for change: ServiceChange?) throws(Refusal) -> ServiceName {
    guard let text = params["name"]?.stringValue else {
      throw Refusal(.invalidParams, "\"name\" must be a string")
    }
    let name: ServiceName
    do {
      name = try ServiceName(text)
    } catch {
      throw Refusal(.invalidParams, "\(error)")
    }
    if let change { try check(name, for: change) }
    return name
  }

  /// - Throws: ``Refusal`` with `notPermitted` when the change is restricted.
  static func check(_ name: ServiceName, for change: ServiceChange) throws(Refusal) {
    guard !name.isProtected else {
      throw Refusal(.notPermitted, "\(name.text) is protected: it stops the machine or opens a shell")
    }
    guard name.text != ownUnit || !change.makesAgentUnreachable else {
      throw ownUnitRefusal(of: change)
    }
  }

  /// - Throws: ``Refusal`` with `notPermitted` when the change would stop the agent permanently.
  static func check(_ name: String, is relation: OwnUnitRelation, for change: ServiceChange) throws(Refusal) {
    switch (relation, change) {
    case (.same, .stop), (.same, .disable): throw ownUnitRefusal(of: change)
    case (.required, .stop):
      throw Refusal(
        .notPermitted, "stopping \(name) would stop the agent, which requires it: restart it instead")
    case (.conflicting, .start), (.conflicting, .restart):
      throw Refusal(.notPermitted, "starting \(name) would stop the agent: the units conflict")
    case (.none, _), (.same, _), (.required, _), (.conflicting, _): return
    }
  }

  private static func ownUnitRefusal(of change: ServiceChange) -> Refusal {
    Refusal(.notPermitted, "the agent does not \(change.verb) itself: it could not be undone remotely")
  }
}

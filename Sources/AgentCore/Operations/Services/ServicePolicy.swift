import AgentProtocol
import HostControl
import JSON

/// Which units can be acted on at all, whatever the configuration allows.
///
/// Checked twice: at the gate for the name that was sent, and again for the name that the manager knows the unit by, as an
/// alias can lead anywhere, and for what that unit means for the agent's own.
struct ServicePolicy: Sendable {
  /// The agent's own unit.
  static let ownUnit = "plusclouds-agent.service"

  /// The service that params name.
  ///
  /// - Throws: ``Refusal`` with `invalidParams` for what is no service, `notPermitted` for what is never touched.
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

  /// - Throws: ``Refusal`` with `notPermitted` when the change is never made to that unit.
  static func check(_ name: ServiceName, for change: ServiceChange) throws(Refusal) {
    guard !name.isProtected else {
      throw Refusal(.notPermitted, "\(name.text) takes the machine down or opens it: never by services.*")
    }
    guard name.text != ownUnit || !change.wouldLoseTheAgent else {
      throw itself(change)
    }
  }

  /// - Throws: ``Refusal`` with `notPermitted` when the change would end the agent for good.
  static func check(_ name: String, is relation: OwnUnitRelation, for change: ServiceChange) throws(Refusal) {
    switch (relation, change) {
    case (.same, .stop), (.same, .disable): throw itself(change)
    case (.required, .stop):
      throw Refusal(
        .notPermitted, "to stop \(name) stops the agent too, which requires it: restart it instead")
    case (.conflicting, .start), (.conflicting, .restart):
      throw Refusal(.notPermitted, "to start \(name) stops the agent: they conflict")
    case (.none, _), (.same, _), (.required, _), (.conflicting, _): return
    }
  }

  private static func itself(_ change: ServiceChange) -> Refusal {
    Refusal(.notPermitted, "the agent does not \(change.verb) itself: it could not be undone from afar")
  }
}

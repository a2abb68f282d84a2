import AgentProtocol
import HostControl
import JSON

/// Which units can be acted on at all, whatever the configuration allows.
///
/// Asked twice: at the gate for the name that was sent, and again for the name that the manager knows the unit by, as an
/// alias can lead anywhere.
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
      throw Refusal(.notPermitted, "the agent does not \(change.verb) itself: nobody could undo it from afar")
    }
  }
}

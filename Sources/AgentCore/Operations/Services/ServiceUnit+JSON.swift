import HostControl
import JSON

extension ServiceUnit {
  /// The unit as `services.list` and `services.get` show it.
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(id), "description": .string(description), "state": .string(state),
      "sub_state": .string(subState), "enabled": .bool(isEnabled),
    ]
    object.append("pid", ifPresent: mainPID.map { .integer(Int64($0)) })
    object.append("since", ifPresent: since.map(JSONValue.integer))
    return .object(object)
  }

  /// What lasts; a unit that is on its way from one state to another is in none.
  private var state: String {
    switch activeState {
    case "active", "inactive", "failed": activeState
    default: "unknown"
    }
  }
}

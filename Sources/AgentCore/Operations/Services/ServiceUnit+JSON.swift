import HostControl
import JSON

extension ServiceUnit {
  /// The unit in the results of `services.list` and `services.get`.
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(id), "description": .string(description), "state": .string(state),
      "sub_state": .string(subState), "enabled": .bool(isEnabled),
    ]
    object.append("pid", ifPresent: mainPID.map { .integer(Int64($0)) })
    object.append("since", ifPresent: since.map(JSONValue.integer))
    return .object(object)
  }

  /// The permanent states of the protocol; transitions are `unknown`.
  private var state: String {
    switch activeState {
    case "active", "inactive", "failed": activeState
    default: "unknown"
    }
  }
}

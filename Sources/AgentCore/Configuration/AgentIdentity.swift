import AgentProtocol

/// The credentials of the agent: user and password of the connection.
struct AgentIdentity: Sendable, Equatable {
  /// The machine's id, a single subject token; empty when not configured.
  var agentUUID = ""
  /// The secret that authenticates the id; empty when not configured.
  var apiKey = Secret.none
}

extension AgentIdentity {
  /// `nats.agent_uuid` in its canonical form; empty when absent.
  static func agentUUID(_ decoder: inout SettingDecoder) throws(ConfigurationError) -> String {
    guard let setting = decoder.setting("nats.agent_uuid"),
      let text = try decoder.string("nats.agent_uuid").map({ URLText.trimmed($0[...]) }), !text.isEmpty
    else { return "" }
    guard let uuid = AgentUUID(text)?.text else {
      throw setting.error("\(KeyText.quoted(text)) \(rejectionReason(for: text))")
    }
    if let note = normalizationNote(for: text) {
      decoder.warn(setting.warning("\(KeyText.quoted(text)) \(note)"))
    }
    return uuid
  }

  /// `nats.api_key` without trailing line ends, which a block scalar or the last line of a file adds; empty when absent.
  static func apiKey(_ decoder: SettingDecoder) throws(ConfigurationError) -> Secret {
    Secret(trimmingLineEnds(try decoder.string("nats.api_key") ?? ""))
  }

  static func trimmingLineEnds(_ text: String) -> String {
    var text = text[...]
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }

  /// The end of an error message about an id that `AgentUUID` rejects.
  static func rejectionReason(for text: String) -> String {
    "can't be part of a subject: only letters, digits, - and _ can, 128 of them at most"
      + (UUIDText.suggestion(for: text).map { "; write it as \($0)" } ?? "")
  }

  /// The end of a warning about an accepted id that is not a UUID in its canonical form; otherwise nil.
  static func normalizationNote(for text: String) -> String? {
    guard let canonical = UUIDText.canonical(text) else {
      return "is not a UUID; used as it is" + (UUIDText.suggestion(for: text).map { ", not as \($0)" } ?? "")
    }
    return canonical == text
      ? nil
      : "is used in lower case, as user name and in subjects; a server that names the user in capitals must name \(canonical)"
  }
}

internal import AgentProtocol

extension AgentIdentity {
  /// `nats.agent_uuid` in its canonical form, or an empty text.
  static func agentUUID(_ decoder: inout SettingDecoder) throws(ConfigurationError) -> String {
    guard let setting = decoder.setting("nats.agent_uuid"),
      let text = try decoder.string("nats.agent_uuid").map({ URLText.trimmed($0[...]) }), !text.isEmpty
    else { return "" }
    guard let uuid = AgentUUID(text)?.text else {
      throw setting.error("\(KeyText.quoted(text)) \(unusable(text))")
    }
    if let remark = remark(on: text) { decoder.warn(setting.warning("\(KeyText.quoted(text)) \(remark)")) }
    return uuid
  }

  /// `nats.api_key`, or an empty secret. The line end that a block scalar or a file's last line brings is dropped.
  static func apiKey(_ decoder: SettingDecoder) throws(ConfigurationError) -> Secret {
    Secret(trimmingLineEnds(try decoder.string("nats.api_key") ?? ""))
  }

  static func trimmingLineEnds(_ text: String) -> String {
    var text = text[...]
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }

  /// Why an id was refused, after its name or text; the rule is that of `AgentUUID`.
  static func unusable(_ text: String) -> String {
    "can't be part of a subject: only letters, digits, - and _ can, 128 of them at most"
      + (UUIDText.suggestion(for: text).map { "; write it as \($0)" } ?? "")
  }

  /// What has to be known of an id that is used; nil for a UUID in its canonical form.
  static func remark(on text: String) -> String? {
    guard let canonical = UUIDText.canonical(text) else {
      return "is not a UUID; used as it is" + (UUIDText.suggestion(for: text).map { ", not as \($0)" } ?? "")
    }
    return canonical == text
      ? nil
      : "is used in lower case, as user name and in subjects; a server that names the user in capitals must name \(canonical)"
  }
}

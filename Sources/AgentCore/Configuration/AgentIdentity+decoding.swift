internal import AgentProtocol

extension AgentIdentity {
  /// `nats.agent_uuid`, or an empty text.
  static func agentUUID(_ decoder: inout SettingDecoder) throws(ConfigurationError) -> String {
    guard let setting = decoder.setting("nats.agent_uuid"),
      let text = try decoder.string("nats.agent_uuid").map({ URLText.trimmed($0[...]) }), !text.isEmpty
    else { return "" }
    guard AgentUUID(text) != nil else { throw setting.error("\(KeyText.quoted(text)) \(unusableUUID)") }
    if !isUUID(text) { decoder.warn(setting.warning("\(KeyText.quoted(text)) is not a UUID; used as it is")) }
    return text
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
  static let unusableUUID =
    "can't be part of a subject: only letters, digits, - and _ can, 128 of them at most"

  /// Whether a text has the form of RFC 9562, section 4.
  static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return false }
    for (index, byte) in bytes.enumerated() {
      switch index {
      case 8, 13, 18, 23: if byte != UInt8(ascii: "-") { return false }
      default: if Character(UnicodeScalar(byte)).hexDigitValue == nil { return false }
      }
    }
    return true
  }
}

extension AgentIdentity {
  /// Longest id that is accepted, in bytes: it is part of every subject.
  static let maximumUUIDLength = 128

  /// `nats.agent_uuid`, or an empty text.
  static func agentUUID(_ decoder: inout SettingDecoder) throws(ConfigurationError) -> String {
    guard let setting = decoder.setting("nats.agent_uuid"),
      let text = try decoder.string("nats.agent_uuid").map({ URLText.trimmed($0[...]) }), !text.isEmpty
    else { return "" }
    if let problem = problem(agentUUID: text) { throw setting.error(problem) }
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

  /// Why a text can't be the token of a subject, if so: a dot would add a token, `*` and `>` would match other
  /// machines' subjects, blanks would end the subject.
  static func problem(agentUUID text: String) -> String? {
    let isToken = text.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "*")
        && byte != UInt8(ascii: ">")
    }
    guard isToken else {
      return "\(KeyText.quoted(text)) can't be part of a subject: blanks, dots, *, > and anything "
        + "that is not ASCII are refused"
    }
    guard text.utf8.count <= maximumUUIDLength else { return "is longer than \(maximumUUIDLength) bytes" }
    return nil
  }

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

import PlatformAPI

/// Tokens for people, with what to do with them.
enum IssuedTokenText {
  /// An agent's token.
  static func agent(_ issued: Requests.IssuedToken, url: String, palette: Palette) -> [String] {
    var facts = Facts(palette)
    facts.add("uuid", issued.subject)
    facts.add("token", issued.token)
    return facts.lines + [
      "", "The token is shown this once. On the machine, in /etc/plusclouds/agent.yaml:", "",
      "nats:", "  url: \(TerminalText.line(url))", "  agent_uuid: \(TerminalText.line(issued.subject))",
      "  api_key: \(TerminalText.line(issued.token))",
    ]
  }
}

import JSON
import PlatformAPI

/// Renders issued tokens with instructions for their use.
enum IssuedTokenText {
  /// The connection settings that are printed with an agent's token.
  struct Connection: Sendable {
    var context: ConsoleContext
    /// The certificates of the private authority, if they are to be printed.
    var authority: AuthorityFile?
    /// The path of the certificates on the agent's machine.
    var agentCAFile: String

    /// - Throws: `configuration` if the certificates cannot be read.
    init(_ context: ConsoleContext, _ options: AgentFileOptions) throws(ConsoleError) {
      self.context = context
      authority = try options.trust.authority(of: context)
      agentCAFile = options.agentCaFile
    }
  }

  /// An agent's token, with an `agent.yaml` to paste.
  ///
  /// - Parameters:
  ///   - hostname: The agent's host name, if it is known.
  static func agent(
    _ issued: Requests.IssuedToken, hostname: String? = nil, _ connection: Connection, palette: Palette
  ) -> [String] {
    var rows = KeyValueTable(palette)
    rows.add("uuid", issued.subject)
    rows.add("hostname", hostname)
    rows.add("token", issued.token)
    let first = ["", "The token is only shown once. On the machine, in /etc/plusclouds/agent.yaml:", ""]
    return rows.lines + first
      + agentFile(uuid: YAMLScalar.text(issued.subject), token: issued.token, connection)
      + certificates(for: connection)
  }

  /// An enrollment token, with an `agent.yaml` to complete.
  static func enrollment(
    _ issued: Requests.IssuedToken, _ connection: Connection, palette: Palette
  ) -> [String] {
    var rows = KeyValueTable(palette)
    rows.add("token", issued.token)
    rows.add("valid until", issued.until.map(NumberFormat.time))
    let first = [
      "", "The token is only shown once. The first agent that connects with it as its api_key is enrolled.",
      "On its machine, in /etc/plusclouds/agent.yaml:", "",
    ]
    return rows.lines + first
      + agentFile(uuid: "  # a new one: uuidgen", token: issued.token, connection)
      + certificates(for: connection)
  }

  /// An operator's token, with the command that adds the context.
  static func `operator`(
    _ issued: Requests.IssuedToken, role: OperatorRole?, _ context: ConsoleContext,
    _ authority: AuthorityFile?,
    palette: Palette
  ) -> [String] {
    var rows = KeyValueTable(palette)
    rows.add("operator", issued.subject)
    rows.add("role", role?.rawValue)
    rows.add("token", issued.token)
    var command = [
      "plsctl context add NAME", "--url", ShellWord.quoted(context.url), "--operator",
      ShellWord.quoted(issued.subject),
    ]
    if context.caFile != nil { command += ["--ca-file", "ca.pem"] }
    if context.tlsFirst == true { command.append("--tls-first") }
    for name in context.serverNames ?? [] { command += ["--server-name", ShellWord.quoted(name)] }
    if context.discover == false { command.append("--no-discover") }
    var lines =
      rows.lines + ["", "The token is only shown once. For the operator:", command.joined(separator: " ")]
    if let authority {
      lines += ["", "ca.pem, the certificates of the servers' private authority:", ""]
      lines += heredoc(authority.certificates, to: "ca.pem")
    } else if let path = context.caFile {
      lines += ["", "ca.pem is a copy of \(TerminalText.line(path)); --with-ca prints it."]
    }
    return lines
  }

  private static func agentFile(uuid: String, token: String, _ connection: Connection) -> [String] {
    let context = connection.context
    var lines = [
      "nats:", "  url: \(YAMLScalar.text(context.url))", "  agent_uuid: \(uuid)",
      "  api_key: \(YAMLScalar.text(token))",
    ]
    var tls: [String] = []
    if context.caFile != nil { tls.append("ca_file: \(YAMLScalar.text(connection.agentCAFile))") }
    if context.tlsFirst == true { tls.append("first: true") }
    if let names = context.serverNames, !names.isEmpty {
      tls.append("server_names: [\(names.map { YAMLScalar.text($0, inList: true) }.joined(separator: ", "))]")
    }
    if !tls.isEmpty { lines += ["  tls:"] + tls.map { "    " + $0 } }
    if context.discover == false { lines.append("  discover: false") }
    return lines
  }

  /// Instructions for copying the private authority's certificates to the machine.
  private static func certificates(for connection: Connection) -> [String] {
    guard let path = connection.context.caFile else { return [] }
    let target = connection.agentCAFile
    if let authority = connection.authority {
      return [
        "", "The certificates of the servers' private authority, to paste into a shell on the machine:", "",
      ]
        + heredoc(authority.certificates, to: target)
    }
    return [
      "",
      "The servers' certificates are issued by a private authority. Copy its certificates to the machine (--with-ca prints them):",
      "scp \(ShellWord.quoted(path)) root@MACHINE:\(ShellWord.quoted(target))",
    ]
  }

  private static func heredoc(_ text: String, to path: String) -> [String] {
    // Base64 contains no hyphens.
    let delimiter = "END-OF-CERTIFICATES"
    return ["cat > \(ShellWord.quoted(path)) <<'\(delimiter)'"] + text.split(separator: "\n").map(String.init)
      + [delimiter]
  }
}

/// Encodes text as a YAML scalar.
enum YAMLScalar {
  /// The text as a plain scalar if that is unambiguous, otherwise in double quotes.
  static func text(_ text: String, inList: Bool = false) -> String {
    let special = inList ? "._-/@%+=" : "._-/:,@%+=[]"
    let isPlain =
      text.utf8.first.map { isAlphanumeric($0) || $0 == UInt8(ascii: "/") } ?? false
      && text.utf8.last != UInt8(ascii: ":")
      && text.utf8.allSatisfy { isAlphanumeric($0) || special.utf8.contains($0) }
    return isPlain ? text : PrettyJSON.line(of: .string(text))
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}

import Encoding

extension AgentSettings {
  init(_ decoder: inout SettingDecoder) throws(ConfigurationError) {
    self.init()
    let second = Duration.seconds(1)
    heartbeatInterval = try decoder.duration("agent.heartbeat_interval", atLeast: second) ?? heartbeatInterval
    telemetryInterval = try decoder.duration("agent.telemetry_interval", atLeast: second) ?? telemetryInterval
    allowedOperations = try Self.allowedOperations(&decoder) ?? allowedOperations
    allowedCommands = try Self.allowedCommands(&decoder) ?? allowedCommands
    commandTimeout = try decoder.duration("agent.command_timeout", atLeast: second) ?? commandTimeout
    maxConcurrentCommands =
      try decoder.integer("agent.max_concurrent_commands", in: 1...1024) ?? maxConcurrentCommands
    stateDirectory = try decoder.path("agent.state_dir", mustBeAbsolute: true) ?? stateDirectory
  }

  private static func allowedOperations(
    _ decoder: inout SettingDecoder
  ) throws(ConfigurationError) -> [String]? {
    guard let (setting, items) = try decoder.strings("agent.allowed_operations") else { return nil }
    if items.isEmpty {
      decoder.warn(
        setting.warning(
          "is empty: every command will be rejected; remove the key to allow the default operations"))
    }
    var names: [String] = []
    for (name, node) in items where !names.containsExactly(name) {
      names.append(name)
      guard !knownOperations.containsExactly(name) else { continue }
      let hint = KeyText.nearest(to: name, among: knownOperations).map { "; did you mean \($0)?" } ?? ""
      decoder.warn(setting.warning("unknown operation \(KeyText.quoted(name))\(hint)", at: node))
    }
    return names
  }

  private static func allowedCommands(
    _ decoder: inout SettingDecoder
  ) throws(ConfigurationError) -> [AllowedCommand]? {
    guard let (setting, items) = try decoder.list("agent.allowed_commands") else { return nil }
    var commands: [AllowedCommand] = []
    for item in items {
      if let path = item.text {
        if path.isEmpty { continue }
        if let problem = problem(path: path) {
          // Files written for the Go agent may contain such entries, which it never matched either.
          decoder.warn(setting.warning("\(KeyText.quoted(path)) is ignored: \(problem)", at: item))
        } else {
          commands.append(AllowedCommand(path: path))
        }
      } else if item.entries != nil {
        commands.append(try command(item, setting, &decoder))
      } else {
        throw setting.error(
          "each item must be a path, or path:, args:, timeout: and user:, not a list", at: item)
      }
    }
    return commands
  }

  /// An item `{path, args, timeout, user}`.
  private static func command(
    _ item: YAMLNode, _ setting: Setting, _ decoder: inout SettingDecoder
  ) throws(ConfigurationError) -> AllowedCommand {
    guard let pathNode = item["path"], let path = pathNode.text, !path.isEmpty else {
      throw setting.error("this item has no path", at: item)
    }
    if let problem = problem(path: path) {
      throw setting.error("\(KeyText.quoted(path)): \(problem)", at: pathNode)
    }
    var command = AllowedCommand(path: path)
    for entry in item.entries ?? [] where !commandKeys.containsExactly(entry.key.asciiLowercased) {
      // A misspelt `args` would allow any argument, and a misspelt `user` would run as root.
      throw setting.error(
        "unknown \(KeyText.printable(entry.key)) in an item; it may hold path, args, timeout and user",
        at: entry.value)
    }
    if let args = item["args"] {
      command.arguments = try arguments(args, setting)
    }
    if let timeout = item["timeout"], !timeout.isNull {
      command.timeout = try decoder.duration(of: setting, timeout, atLeast: .seconds(1))
    }
    if let user = item["user"] { command.user = try self.user(user, setting) }
    return command
  }

  private static let commandKeys = ["path", "args", "timeout", "user"]

  /// Rejects null and an empty name, which would mean the agent's own user, root. Whether the user exists is checked when the
  /// program is run.
  private static func user(_ node: YAMLNode, _ setting: Setting) throws(ConfigurationError) -> String {
    guard !node.isNull, let name = node.text, !name.isEmpty else {
      throw setting.error("user must be the name of a user", at: node)
    }
    let isName = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isName, name.utf8.count <= 31, name.utf8.first != UInt8(ascii: "-"),
      !name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else {
      throw setting.error(
        "\(KeyText.quoted(name)) is no name of a user: up to 31 letters, digits, _ . and -, not a number",
        at: node)
    }
    return name
  }

  /// Decodes the argument patterns. Null means the same as an empty list: no arguments are allowed.
  private static func arguments(
    _ node: YAMLNode, _ setting: Setting
  ) throws(ConfigurationError) -> [ArgumentPattern] {
    if node.isNull { return [] }
    guard let items = node.items else {
      throw setting.error("args must be a list of regular expressions, not \(node.kind)", at: node)
    }
    var patterns: [ArgumentPattern] = []
    for item in items {
      guard let text = item.text else {
        throw setting.error("an item of args must be a regular expression, not \(item.kind)", at: item)
      }
      guard text.utf8.count <= 1024 else {
        throw setting.error(
          "\(KeyText.quoted(text)): a regular expression may have 1024 bytes at most", at: item)
      }
      guard let pattern = ArgumentPattern(text) else {
        throw setting.error("\(KeyText.quoted(text)) is no POSIX extended regular expression", at: item)
      }
      patterns.append(pattern)
    }
    return patterns
  }

  /// Why a path can never be matched; nil when it can.
  private static func problem(path: String) -> String? {
    guard path.utf8.first == UInt8(ascii: "/") else {
      return "it is not an absolute path; write it from / on"
    }
    guard !path.utf8.contains(0) else { return "a path can't hold a NUL byte" }
    guard !path.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) })
    else {
      return "a path with .. is never run; write where it leads to"
    }
    guard path.utf8.last != UInt8(ascii: "/") else { return "it names a folder" }
    return nil
  }
}

import NATS

extension NATSSettings {
  /// Decodes the section `nats`. The identity of the config drive is not applied here.
  init(_ decoder: inout SettingDecoder) throws(ConfigurationError) {
    self.init()
    let types: [(name: String, value: ConnectionType)] = [("nats", .nats), ("websocket", .websocket)]
    connectionType = try decoder.choice("nats.connection_type", types) ?? connectionType
    url = try Self.servers(
      "nats.url", schemes: ["nats", "tls", "ws", "wss"], isInUse: connectionType == .nats,
      default: url, &decoder)
    websocketURL = try Self.servers(
      "nats.websocket_url", schemes: ["ws", "wss"], isInUse: connectionType == .websocket,
      default: websocketURL, &decoder)
    agentUUID = try AgentIdentity.agentUUID(&decoder)
    apiKey = try AgentIdentity.apiKey(decoder)
    maxReconnects = max(
      -1, try decoder.integer("nats.max_reconnects", in: Int(Int32.min)...Int(Int32.max)) ?? -1)
    reconnectWait = try Self.reconnectWait(&decoder) ?? reconnectWait
    tls = try TLSSettings(decoder)
    discover = try decoder.bool("nats.discover") ?? discover
    try checkTLS(decoder)
    proxy = try Self.proxy(decoder)
  }

  /// Rejects settings that require TLS together with a `ws://` URL.
  private func checkTLS(_ decoder: SettingDecoder) throws(ConfigurationError) {
    guard serverURLs.contains(where: { URLText.scheme(of: $0).lowercased().hasPrefix("ws:") }) else { return }
    let keys: [(key: String, isSet: Bool)] = [
      ("nats.tls.first", tls.first), ("nats.tls.ca_file", tls.caFile != nil),
      ("nats.tls.cert_file", tls.certFile != nil),
    ]
    for key in keys where key.isSet {
      guard let setting = decoder.setting(key.key) else { continue }
      throw setting.error("requires TLS, and \(redactedURL) is without: use wss://, or remove this key")
    }
  }

  private static func reconnectWait(_ decoder: inout SettingDecoder) throws(ConfigurationError) -> Duration? {
    let key = "nats.reconnect_wait"
    guard let wait = try decoder.duration(key, atLeast: .zero), let setting = decoder.setting(key) else {
      return nil
    }
    let least = Duration.milliseconds(100)
    if wait < least { decoder.warn(setting.warning("raised to 100ms, the least")) }
    return max(wait, least)
  }

  /// The URLs of a key, separated by commas. An invalid URL that the connection type does not use is only a warning.
  private static func servers(
    _ key: String, schemes: [String], isInUse: Bool, default standard: String, _ decoder: inout SettingDecoder
  ) throws(ConfigurationError) -> String {
    guard let setting = decoder.setting(key) else { return standard }
    // Existing files have one text; a YAML list is accepted as well.
    let texts = try decoder.strings(key)?.items.map(\.text) ?? []
    let urls = texts.flatMap(URLText.list)
    if urls.isEmpty {
      if isInUse { decoder.warn(setting.warning("is empty; \(standard) is used")) }
      return standard
    }
    for url in urls {
      guard let problem = URLText.problem(url, schemes: schemes, needsScheme: key != "nats.url") else {
        continue
      }
      let message = "\(URLText.redacted(url)): \(problem)"
      if isInUse { throw setting.error(message) }
      decoder.warn(setting.warning(message + " (not in use, connection_type says otherwise)"))
    }
    return urls.joined(separator: ",")
  }

  private static func proxy(_ decoder: SettingDecoder) throws(ConfigurationError) -> String? {
    guard let setting = decoder.setting("nats.proxy"), let url = try decoder.nonEmpty("nats.proxy") else {
      return nil
    }
    if let problem = URLText.problem(url, schemes: ["http"], needsScheme: false) {
      throw setting.error("\(URLText.redacted(url)): \(problem)")
    }
    let path = url.dropFirst(URLText.scheme(of: url).count).drop { $0 != "/" && $0 != "?" && $0 != "#" }
    guard path.isEmpty || path == "/" else {
      throw setting.error(
        "\(URLText.redacted(url)): a proxy has no path; write a /, ? or # of user or password as %2F, %3F, %23"
      )
    }
    return url
  }
}

extension TLSSettings {
  init(_ decoder: SettingDecoder) throws(ConfigurationError) {
    self.init(
      caFile: try decoder.path("nats.tls.ca_file"),
      certFile: try decoder.path("nats.tls.cert_file"),
      keyFile: try decoder.path("nats.tls.key_file"),
      first: try decoder.bool("nats.tls.first") ?? false)
    if let (setting, items) = try decoder.strings("nats.tls.server_names") {
      for (text, node) in items {
        guard NATSTLSConfiguration.isServerName(text) else {
          throw setting.error("\(KeyText.quoted(text)) is not a host name or an IP address", at: node)
        }
        serverNames.append(text)
      }
    }
    if certFile != nil, keyFile == nil, let setting = decoder.setting("nats.tls.cert_file") {
      throw setting.error("needs nats.tls.key_file beside it")
    }
    if keyFile != nil, certFile == nil, let setting = decoder.setting("nats.tls.key_file") {
      throw setting.error("needs nats.tls.cert_file beside it")
    }
  }
}

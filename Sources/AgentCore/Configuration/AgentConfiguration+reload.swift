extension AgentConfiguration {
  /// The keys whose changed values take effect only after a restart.
  ///
  /// SIGHUP applies the allowlists, the intervals, the command deadline, the log level, `autoheal` and `alerts`. Id and key are
  /// read again before each connection, but a new id changes the subjects and therefore needs a restart.
  func keysNeedingRestart(toBecome new: AgentConfiguration) -> [String] {
    let pairs: [(key: String, isSame: Bool)] = [
      ("nats.connection_type", nats.connectionType == new.nats.connectionType),
      ("nats.url", nats.url == new.nats.url),
      ("nats.websocket_url", nats.websocketURL == new.nats.websocketURL),
      ("nats.agent_uuid", nats.agentUUID == new.nats.agentUUID),
      ("nats.max_reconnects", nats.maxReconnects == new.nats.maxReconnects),
      ("nats.reconnect_wait", nats.reconnectWait == new.nats.reconnectWait),
      ("nats.tls.ca_file", nats.tls.caFile == new.nats.tls.caFile),
      ("nats.tls.cert_file", nats.tls.certFile == new.nats.tls.certFile),
      ("nats.tls.key_file", nats.tls.keyFile == new.nats.tls.keyFile),
      ("nats.tls.first", nats.tls.first == new.nats.tls.first),
      ("nats.tls.server_names", nats.tls.serverNames == new.nats.tls.serverNames),
      ("nats.discover", nats.discover == new.nats.discover),
      ("nats.proxy", nats.proxy == new.nats.proxy),
      ("agent.max_concurrent_commands", agent.maxConcurrentCommands == new.agent.maxConcurrentCommands),
      ("agent.state_dir", agent.stateDirectory == new.agent.stateDirectory),
      ("log.format", log.format == new.log.format),
      ("log.file", log.file == new.log.file),
    ]
    return pairs.filter { !$0.isSame }.map(\.key)
  }
}

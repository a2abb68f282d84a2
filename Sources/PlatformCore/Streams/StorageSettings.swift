import JetStream

/// How much the platform keeps in JetStream, and for how long.
public struct StorageSettings: Sendable, Hashable {
  /// The limits of a stream. The oldest messages go first.
  public struct Limits: Sendable, Hashable {
    /// How long a message is kept.
    public var maxAge: Duration
    /// How many bytes are kept.
    public var maxBytes: Int64

    /// Limits.
    public init(maxAge: Duration, maxBytes: Int64) {
      self.maxAge = maxAge
      self.maxBytes = maxBytes
    }
  }

  /// Servers that keep a copy of everything, 1 to 5.
  public var replicas = 1
  /// `VM_TELEMETRY`: 15 minutes.
  public var telemetry = Limits(maxAge: .seconds(900), maxBytes: 1 << 30)
  /// `AGENT_EVENTS`: a day.
  public var events = Limits(maxAge: .seconds(86_400), maxBytes: 1 << 30)
  /// `AGENT_COMMANDS`: a day.
  public var commands = Limits(maxAge: .seconds(86_400), maxBytes: 256 << 20)
  /// `PLS_AUDIT`: 400 days.
  public var audit = Limits(maxAge: .seconds(400 * 86_400), maxBytes: 1 << 30)
  /// How long commands and their results can be looked at: two weeks.
  public var commandsKept = Duration.seconds(14 * 86_400)

  /// The defaults.
  public init() {}
}

extension StorageSettings {
  /// The streams, as they have to be.
  var streams: [StreamConfiguration] {
    var streams = [
      stream(PlatformStorage.telemetryStream, "vm.*.telemetry", telemetry, "Telemetry of the last minutes"),
      stream(PlatformStorage.eventsStream, "agent.vm.*.evt", events, "What agents told"),
      stream(PlatformStorage.commandsStream, "agent.vm.*.cmd", commands, "What agents were sent"),
      stream(PlatformStorage.auditStream, "pls.audit.>", audit, "Who did what"),
    ]
    // One agent must not drive out what all others told or were sent: 10,000 messages are a telemetry interval of 0.1 s for 15
    // minutes, or 300 commands an hour beside the heartbeats of a day.
    for index in 0..<3 { streams[index].maxMessagesPerSubject = 10_000 }
    // Servers send acknowledgements wherever a publisher says, past its permissions: an agent could have them send one to
    // another agent, into a bucket or to the platform in an operator's name. That of a command would go where its result is awaited.
    for index in 0..<3 { streams[index].noAck = true }
    streams[3].denyDelete = true
    streams[3].denyPurge = true
    streams[3].maxMessageSize = AuditLog.configuration().maxMessageSize
    return streams
  }

  private func stream(_ name: String, _ subject: String, _ limits: Limits, _ description: String)
    -> StreamConfiguration
  {
    var stream = StreamConfiguration(name: name, subjects: [subject])
    stream.description = description
    stream.maxAge = limits.maxAge
    stream.maxBytes = limits.maxBytes
    stream.allowDirect = true
    stream.replicas = replicas
    return stream
  }

  /// A bucket, as it has to be.
  func bucket(_ name: String, _ description: String, timeToLive: Duration? = nil) -> KeyValueConfiguration {
    var bucket = KeyValueConfiguration(bucket: name, timeToLive: timeToLive, replicas: replicas)
    bucket.description = description
    return bucket
  }
}

import AgentProtocol
import JetStream
import PlatformAPI

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
  /// `AGENT_RESULTS`: a day.
  public var results = Limits(maxAge: .seconds(86_400), maxBytes: 256 << 20)
  /// `PLS_AUDIT`: 400 days. New entries are refused when it is full.
  public var audit = Limits(maxAge: .seconds(400 * 86_400), maxBytes: 1 << 30)
  /// How many bytes buckets may hold, by name; those that are missing have no limit.
  public var bucketBytes: [String: Int64] = [:]
  /// How long commands and their results can be looked at: two weeks.
  public var commandsKept = Duration.seconds(14 * 86_400)

  /// The defaults.
  public init() {}
}

extension StorageSettings {
  /// How many agents could fill the stream of events: the share of each is the part of the whole.
  static let agentShare: Int64 = 16

  /// The streams of what agents send and receive, as they have to be.
  var streams: [StreamConfiguration] {
    var streams = [
      stream(PlatformStorage.telemetryStream, "vm.*.telemetry", telemetry, "Telemetry of the last minutes"),
      stream(PlatformStorage.eventsStream, "agent.vm.*.evt", events, "What agents told"),
      stream(PlatformStorage.commandsStream, "agent.vm.*.cmd", commands, "What agents were sent"),
      stream(
        PlatformStorage.resultsStream, PlatformSubjects.allResults(), results,
        "What agents answered to commands"),
    ]
    // nats-server bounds an agent by the number and the size of its messages: at most three quarters of the events and a quarter of the telemetry
    // are its own, whether a platform runs or not, in streams that are large enough for a history. ``EventShares`` bounds it further, by the
    // bytes. A result has a subject of its own, and there is none without a command.
    let largest = Int64(PayloadLimits.announcement + PayloadLimits.envelope)
    streams[0].maxMessagesPerSubject = Self.messages(of: largest, in: telemetry.maxBytes / 4, 512...1_024)
    streams[0].maxMessageSize = largest
    streams[1].maxMessagesPerSubject = Self.messages(of: largest, in: events.maxBytes / 4 * 3, 1_024...10_000)
    streams[1].maxMessageSize = largest
    streams[2].maxMessagesPerSubject = 10_000
    streams[3].maxMessagesPerSubject = 1
    // Servers send acknowledgements wherever a publisher says, past its permissions: an agent could have them send one to
    // another agent, into a bucket or to the platform in an operator's name. That of a command would go where its result is awaited.
    for index in streams.indices { streams[index].noAck = true }
    return streams
  }

  /// How many messages of a size have room.
  private static func messages(of size: Int64, in bytes: Int64, _ bounds: ClosedRange<Int64>) -> Int64 {
    min(max(bytes / size, bounds.lowerBound), bounds.upperBound)
  }

  /// The audit record's stream: full, it refuses entries instead of dropping old ones.
  var auditStream: StreamConfiguration {
    var stream = stream(PlatformStorage.auditStream, AuditRecord.subjects, audit, "Who did what")
    stream.maxMessageSize = 128 * 1_024
    stream.discard = .new
    stream.denyDelete = true
    stream.denyPurge = true
    return stream
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
    if let bytes = bucketBytes[name] { bucket.maxBytes = bytes }
    return bucket
  }
}

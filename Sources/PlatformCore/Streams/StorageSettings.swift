import AgentProtocol
import JetStream
import PlatformAPI

/// The limits of the platform's streams and buckets.
public struct StorageSettings: Sendable, Hashable {
  /// The limits of a stream. Beyond them the oldest messages are discarded.
  public struct Limits: Sendable, Hashable {
    /// The maximum age of a message.
    public var maxAge: Duration
    /// The maximum size, in bytes.
    public var maxBytes: Int64

    /// Creates limits.
    public init(maxAge: Duration, maxBytes: Int64) {
      self.maxAge = maxAge
      self.maxBytes = maxBytes
    }
  }

  /// The number of replicas, 1 to 5.
  public var replicas = 1
  /// `VM_TELEMETRY`: 15 minutes.
  public var telemetry = Limits(maxAge: .seconds(900), maxBytes: 1 << 30)
  /// `AGENT_EVENTS`: a day.
  public var events = Limits(maxAge: .seconds(86_400), maxBytes: 1 << 30)
  /// `AGENT_COMMANDS`: a day.
  public var commands = Limits(maxAge: .seconds(86_400), maxBytes: 256 << 20)
  /// `AGENT_RESULTS`: a day.
  public var results = Limits(maxAge: .seconds(86_400), maxBytes: 256 << 20)
  /// `PLS_AUDIT`: 400 days. A full stream rejects new entries.
  public var audit = Limits(maxAge: .seconds(400 * 86_400), maxBytes: 1 << 30)
  /// The size limits of buckets in bytes, by name. Missing buckets have no limit.
  public var bucketBytes: [String: Int64] = [:]
  /// The retention of commands and their results: two weeks.
  public var commandsKept = Duration.seconds(14 * 86_400)

  /// Creates the default settings.
  public init() {}
}

extension StorageSettings {
  /// The number of agents that could fill the event stream together. The share of one agent is this fraction.
  static let agentShare: Int64 = 16

  /// The configurations of the streams of events, telemetry, commands and results.
  var streams: [StreamConfiguration] {
    var streams = [
      stream(PlatformStorage.telemetryStream, "vm.*.telemetry", telemetry, "Telemetry of the last minutes"),
      stream(PlatformStorage.eventsStream, "agent.vm.*.evt", events, "What agents told"),
      stream(PlatformStorage.commandsStream, "agent.vm.*.cmd", commands, "What agents were sent"),
      stream(
        PlatformStorage.resultsStream, PlatformSubjects.allResults(), results,
        "What agents answered to commands"),
    ]
    // nats-server limits an agent by the number and the size of its messages: at most three quarters of the events and a quarter of
    // the telemetry are its own, even without a running platform, in streams that are large enough for a history. ``EventShares`` limits
    // it further, by bytes. Each result has a subject of its own, and there is none without a command.
    let largest = Int64(PayloadLimits.announcement + PayloadLimits.envelope)
    streams[0].maxMessagesPerSubject = Self.messages(of: largest, in: telemetry.maxBytes / 4, 512...1_024)
    streams[0].maxMessageSize = largest
    streams[1].maxMessagesPerSubject = Self.messages(of: largest, in: events.maxBytes / 4 * 3, 1_024...10_000)
    streams[1].maxMessageSize = largest
    streams[2].maxMessagesPerSubject = 10_000
    streams[3].maxMessagesPerSubject = 1
    // Servers send acknowledgements to any subject that a publisher names, without regard to its permissions: an agent could direct one
    // to another agent, into a bucket, or to the platform as an operator. That of a command would arrive where its result is awaited.
    for index in streams.indices { streams[index].noAck = true }
    return streams
  }

  /// The number of messages of a size that fit, within `bounds`.
  private static func messages(of size: Int64, in bytes: Int64, _ bounds: ClosedRange<Int64>) -> Int64 {
    min(max(bytes / size, bounds.lowerBound), bounds.upperBound)
  }

  /// The configuration of the audit stream, which rejects new entries when it is full.
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

  /// The configuration of a bucket.
  func bucket(_ name: String, _ description: String, timeToLive: Duration? = nil) -> KeyValueConfiguration {
    var bucket = KeyValueConfiguration(bucket: name, timeToLive: timeToLive, replicas: replicas)
    bucket.description = description
    if let bytes = bucketBytes[name] { bucket.maxBytes = bytes }
    return bucket
  }
}

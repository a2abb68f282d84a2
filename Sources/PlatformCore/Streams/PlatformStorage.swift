public import JetStream

/// The names of what the platform keeps in JetStream.
public enum PlatformStorage {
  /// Telemetry of the last minutes, for clients: `vm.*.telemetry`.
  public static let telemetryStream = "VM_TELEMETRY"
  /// What agents told: `agent.vm.*.evt`.
  public static let eventsStream = "AGENT_EVENTS"
  /// What agents were sent: `agent.vm.*.cmd`.
  public static let commandsStream = "AGENT_COMMANDS"
  /// What agents answered to commands: `pls.results.>`.
  public static let resultsStream = "AGENT_RESULTS"
  /// Who did what: `pls.audit.>`, in an account of its own (``AuditRecord``).
  public static let auditStream = "PLS_AUDIT"

  /// Agents by uuid.
  public static let agents = "pls-agents"
  /// One-time enrolment tokens by their hash.
  public static let enrolments = "pls-enrolments"
  /// Operators by name.
  public static let operators = "pls-operators"
  /// The state of each agent by uuid, and its capabilities by `{uuid}.capabilities`.
  public static let fleet = "pls-fleet"
  /// Commands by id.
  public static let commands = "pls-commands"
  /// Results that were read from ``resultsStream``, by the command's id.
  public static let results = "pls-results"
  /// Who leads.
  public static let leases = "pls-leases"

  /// All buckets.
  static let buckets = [agents, enrolments, operators, fleet, commands, results, leases]

  /// Stands in the place of an agent in ``probeSubjects``.
  static let probe = "probe"
  /// A subject of each stream that confirms nothing, which stands for no agent and no command.
  static let probeSubjects = [
    telemetryStream: "vm.\(probe).telemetry", eventsStream: "agent.vm.\(probe).evt",
    commandsStream: "agent.vm.\(probe).cmd",
    resultsStream: "pls.results.\(probe).\(probe).\(probe)",
  ]
}

/// The buckets, once they are there.
public struct PlatformBuckets: Sendable {
  /// Agents, enrolment tokens and operators.
  public var registry: RegistryBuckets
  /// See ``PlatformStorage/fleet``.
  public var fleet: KeyValueBucket
  /// See ``PlatformStorage/commands``.
  public var commands: KeyValueBucket
  /// See ``PlatformStorage/results``.
  public var results: KeyValueBucket
  /// See ``PlatformStorage/leases``.
  public var leases: KeyValueBucket
}

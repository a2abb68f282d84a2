/// The names of the platform's streams and buckets.
public enum PlatformStorage {
  /// Recent telemetry, for clients: `vm.*.telemetry`.
  public static let telemetryStream = "VM_TELEMETRY"
  /// Events of agents: `agent.vm.*.evt`.
  public static let eventsStream = "AGENT_EVENTS"
  /// Commands to agents: `agent.vm.*.cmd`.
  public static let commandsStream = "AGENT_COMMANDS"
  /// Results of commands: `pls.results.>`.
  public static let resultsStream = "AGENT_RESULTS"
  /// Audit entries: `pls.audit.>`, in an account of their own (``AuditRecord``).
  public static let auditStream = "PLS_AUDIT"

  /// The agents by uuid.
  public static let agents = "pls-agents"
  /// The one-time enrollment tokens by their hash.
  public static let enrollments = "pls-enrolments"
  /// The operators by name.
  public static let operators = "pls-operators"
  /// The state of each agent by uuid, and its capabilities by `{uuid}.capabilities`.
  public static let fleet = "pls-fleet"
  /// The commands by id.
  public static let commands = "pls-commands"
  /// The results by command id.
  public static let results = "pls-results"
  /// The leader lease.
  public static let leases = "pls-leases"

  /// The time after which a leader lease that is not renewed expires.
  static let leaseTimeToLive = Duration.seconds(5)
  /// The maximum lifetime of an enrollment token, in seconds.
  static let maximumEnrollmentLifetime: Int64 = 2_592_000

  /// All buckets.
  static let buckets = [agents, enrollments, operators, fleet, commands, results, leases]

  /// The placeholder for an agent in ``probeSubjects``.
  static let probe = "probe"
  /// A subject in each stream without acknowledgements that belongs to no agent and no command.
  static let probeSubjects = [
    telemetryStream: "vm.\(probe).telemetry", eventsStream: "agent.vm.\(probe).evt",
    commandsStream: "agent.vm.\(probe).cmd",
    resultsStream: "pls.results.\(probe).\(probe).\(probe)",
  ]
}

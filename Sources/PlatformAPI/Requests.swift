public import JSON

/// Parameters and results of the methods.
///
/// `agent` is always a reference: a uuid, the beginning of one (4 characters or more), or a host name. A reference
/// that matches several agents is `invalid`.
public enum Requests {
  /// ``APIMethod/agentsList``
  public struct ListAgents: Sendable, Codable {
    /// The agents to list, in the syntax of ``Selector``; nil: all.
    public var selector: String?
    /// The most agents to return, 1 to 1,000 (default 500).
    public var limit: Int?
    /// The uuid after which the list begins.
    public var after: String?
    /// Creates parameters.
    public init(selector: String? = nil, limit: Int? = nil, after: String? = nil) {
      self.selector = selector
      self.limit = limit
      self.after = after
    }
  }
  /// The result of ``ListAgents``, ordered by uuid.
  public struct AgentsPage: Sendable, Codable {
    /// The agents.
    public var agents: [AgentView]
    /// The `after` of the next page; nil on the last page.
    public var next: String?
    /// Creates a page.
    public init(agents: [AgentView], next: String?) {
      self.agents = agents
      self.next = next
    }
  }
  /// A reference to one agent: ``APIMethod/agentsShow``, ``APIMethod/telemetryLast``.
  public struct Agent: Sendable, Codable {
    /// The agent.
    public var agent: String
    /// Creates parameters.
    public init(agent: String) { self.agent = agent }
  }
  /// ``APIMethod/agentsEnroll``
  public struct Enroll: Sendable, Codable {
    /// The uuid; nil generates one.
    public var uuid: String?
    /// The token, 32 characters or more; nil generates one.
    public var token: String?
    /// The labels.
    public var labels: [String: String]?
    /// Creates parameters.
    public init(uuid: String? = nil, token: String? = nil, labels: [String: String]? = nil) {
      self.uuid = uuid
      self.token = token
      self.labels = labels
    }
  }
  /// ``APIMethod/agentsRotate``
  public struct Rotate: Sendable, Codable {
    /// The agent.
    public var agent: String
    /// For how many seconds the old tokens stay valid (default 86,400; 0 to 2,592,000).
    public var graceS: Int64?
    /// The new token, 32 characters or more; nil generates one.
    public var token: String?
    /// Creates parameters.
    public init(agent: String, graceS: Int64? = nil, token: String? = nil) {
      self.agent = agent
      self.graceS = graceS
      self.token = token
    }
  }
  /// A token that was issued. Only this reply contains it.
  public struct IssuedToken: Sendable, Codable {
    /// The owner: a uuid or an operator's name; empty for an enrollment token.
    public var subject: String
    /// The token, a secret.
    public var token: String
    /// When the former tokens, or an enrollment token, expire, in unix seconds.
    public var until: Double?
    /// Creates a token.
    public init(subject: String, token: String, until: Double? = nil) {
      self.subject = subject
      self.token = token
      self.until = until
    }
  }
  /// ``APIMethod/agentsRevoke``; returns an ``AgentView``.
  public struct Revoke: Sendable, Codable {
    /// The agent.
    public var agent: String
    /// The reason, for the audit record.
    public var reason: String?
    /// Creates parameters.
    public init(agent: String, reason: String? = nil) {
      self.agent = agent
      self.reason = reason
    }
  }
  /// ``APIMethod/agentsRemove``; returns the ``AgentView`` from before the removal.
  public struct RemoveAgent: Sendable, Codable {
    /// The agent.
    public var agent: String
    /// Whether a connected agent is removed as well (default false).
    public var force: Bool?
    /// The reason, for the audit record.
    public var reason: String?
    /// Creates parameters.
    public init(agent: String, force: Bool? = nil, reason: String? = nil) {
      self.agent = agent
      self.force = force
      self.reason = reason
    }
  }
  /// ``APIMethod/agentsLabel``; returns an ``AgentView``.
  public struct Label: Sendable, Codable {
    /// The agent.
    public var agent: String
    /// The labels to set.
    public var set: [String: String]?
    /// The keys of the labels to remove.
    public var remove: [String]?
    /// Creates parameters.
    public init(agent: String, set: [String: String]? = nil, remove: [String]? = nil) {
      self.agent = agent
      self.set = set
      self.remove = remove
    }
  }
  /// ``APIMethod/enrollmentsCreate``; returns an ``IssuedToken``.
  public struct CreateEnrollment: Sendable, Codable {
    /// The labels of the agent that uses the token.
    public var labels: [String: String]?
    /// The lifetime in seconds (default 86,400; 60 to 2,592,000).
    public var ttlS: Int64?
    /// Creates parameters.
    public init(labels: [String: String]? = nil, ttlS: Int64? = nil) {
      self.labels = labels
      self.ttlS = ttlS
    }
  }
  /// ``APIMethod/enrollmentsRemove``; returns an ``EnrollmentView``.
  public struct RemoveEnrollment: Sendable, Codable {
    /// The id, or its beginning (4 characters or more).
    public var id: String
    /// Creates parameters.
    public init(id: String) { self.id = id }
  }
  /// An element of the result of ``APIMethod/enrollmentsList``.
  public struct EnrollmentView: Sendable, Hashable, Codable {
    /// The beginning of the hash of the token, which is unique among the open ones.
    public var id: String
    /// The labels of the agent that uses the token.
    public var labels: [String: String]
    /// The operator that created it.
    public var createdBy: String
    /// When it expires, in unix seconds.
    public var expiresAt: Double
    /// Creates a view.
    public init(id: String, labels: [String: String], createdBy: String, expiresAt: Double) {
      self.id = id
      self.labels = labels
      self.createdBy = createdBy
      self.expiresAt = expiresAt
    }
  }
  /// ``APIMethod/operatorsAdd``; returns an ``IssuedToken``. ``APIMethod/operatorsRemove`` uses the name only.
  public struct Operator: Sendable, Hashable, Codable {
    /// The name; see ``OperatorName``.
    public var name: String
    /// The role; nil where only the name is used.
    public var role: OperatorRole?
    /// Whether an existing operator gets a new token, which ends its connections. If false, the request is a
    /// `conflict` then. Nil means true, as in versions without this parameter.
    public var replace: Bool?
    /// Creates parameters.
    public init(name: String, role: OperatorRole? = nil, replace: Bool? = nil) {
      self.name = name
      self.role = role
      self.replace = replace
    }
  }
  /// ``APIMethod/commandsSubmit``; returns a ``CommandView``.
  public struct Submit: Sendable, Codable {
    /// The agent.
    public var agent: String
    /// The operation.
    public var operation: String
    /// The operation's parameters, an object.
    public var params: JSONValue?
    /// The time-out at the agent in seconds (1 to 86,400).
    public var timeoutS: Int64?
    /// For how many seconds the command may wait for the agent (1 to 604,800; default: the platform's setting).
    public var expiresInS: Int64?
    /// An id that the caller chose, so that a submission without a reply can be retried; nil generates one.
    public var id: String?
    /// Creates parameters.
    public init(
      agent: String, operation: String, params: JSONValue? = nil, timeoutS: Int64? = nil,
      expiresInS: Int64? = nil, id: String? = nil
    ) {
      self.agent = agent
      self.operation = operation
      self.params = params
      self.timeoutS = timeoutS
      self.expiresInS = expiresInS
      self.id = id
    }
  }
  /// ``APIMethod/commandsList``; returns an array of ``CommandView`` without results, the newest first.
  public struct ListCommands: Sendable, Codable {
    /// The agent; nil: all.
    public var agent: String?
    /// The state; nil: all.
    public var state: CommandView.State?
    /// The most commands to return (default 50; 1 to 1,000).
    public var limit: Int?
    /// Creates parameters.
    public init(agent: String? = nil, state: CommandView.State? = nil, limit: Int? = nil) {
      self.agent = agent
      self.state = state
      self.limit = limit
    }
  }
  /// ``APIMethod/commandsShow`` and ``APIMethod/commandsCancel``; both return a ``CommandView``.
  public struct Command: Sendable, Codable {
    /// The id, or its beginning (4 characters or more).
    public var id: String
    /// Creates parameters.
    public init(id: String) { self.id = id }
  }
  /// ``APIMethod/eventsList``; returns an array of ``EventView``, the oldest first.
  public struct ListEvents: Sendable, Codable {
    /// The agent; nil: all.
    public var agent: String?
    /// The types; nil: all.
    public var types: [String]?
    /// How far to look back, in seconds (default 3,600).
    public var sinceS: Int64?
    /// The most events to return, the newest ones (default 200; 1 to 1,000).
    public var limit: Int?
    /// Creates parameters.
    public init(agent: String? = nil, types: [String]? = nil, sinceS: Int64? = nil, limit: Int? = nil) {
      self.agent = agent
      self.types = types
      self.sinceS = sinceS
      self.limit = limit
    }
  }
  /// ``APIMethod/auditList``; returns an array of ``AuditEntry``, the newest first.
  public struct ListAudit: Sendable, Codable {
    /// The agent, command or operator; nil: all.
    public var object: String?
    /// The operator, or `platform`; nil: all.
    public var by: String?
    /// The action, in which `*` matches any characters, as in `agents.*`; nil: all.
    public var action: String?
    /// How far to look back, in seconds; nil: without limit.
    public var sinceS: Int64?
    /// The most entries to return (default 100; 1 to 1,000).
    public var limit: Int?
    /// Creates parameters.
    public init(
      object: String? = nil, by: String? = nil, action: String? = nil, sinceS: Int64? = nil, limit: Int? = nil
    ) {
      self.object = object
      self.by = by
      self.action = action
      self.sinceS = sinceS
      self.limit = limit
    }
  }
  /// The result of ``APIMethod/platformStatus``.
  public struct PlatformStatus: Sendable, Codable {
    /// The platform's version.
    public var version: String
    /// The instance that answered.
    public var instance: String
    /// The instance that holds the lease: it delivers commands and maintains the fleet state.
    public var leader: String?
    /// The number of agents by status.
    public var agents: [String: Int]
    /// The number of commands without a result.
    public var commandsOpen: Int
    /// The usage of the audit record in percent; a full one rejects changes. Nil when it can't be read.
    public var auditUsedPct: Double?
    /// The problems of the instance that answered, a line each; nil when there are none.
    public var problems: [String]?
    /// Creates a status.
    public init(
      version: String, instance: String, leader: String?, agents: [String: Int], commandsOpen: Int,
      auditUsedPct: Double? = nil
    ) {
      self.auditUsedPct = auditUsedPct
      self.version = version
      self.instance = instance
      self.leader = leader
      self.agents = agents
      self.commandsOpen = commandsOpen
    }
  }
}

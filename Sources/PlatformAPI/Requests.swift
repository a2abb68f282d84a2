public import JSON

/// The parameters and results of the methods, where they are not one of the views. `agent` is always a reference: a uuid, the
/// beginning of one (4 characters or more), or a host name; what fits several agents is `invalid`.
public enum Requests {
  /// ``APIMethod/agentsList``
  public struct ListAgents: Sendable, Codable {
    /// Which ones, as ``Selector`` reads it; nil = all.
    public var selector: String?
    /// At most so many, 1 to 1,000 (default 500).
    public var limit: Int?
    /// Only those whose uuid comes after this one.
    public var after: String?
    /// Parameters.
    public init(selector: String? = nil, limit: Int? = nil, after: String? = nil) {
      self.selector = selector
      self.limit = limit
      self.after = after
    }
  }
  /// What ``ListAgents`` gives, in the order of the uuids.
  public struct AgentsPage: Sendable, Codable {
    /// The agents.
    public var agents: [AgentView]
    /// The `after` of the next page; nil at the end.
    public var next: String?
    /// A page.
    public init(agents: [AgentView], next: String?) {
      self.agents = agents
      self.next = next
    }
  }
  /// One agent: ``APIMethod/agentsShow``, ``APIMethod/telemetryLast``.
  public struct Agent: Sendable, Codable {
    /// Which one.
    public var agent: String
    /// Parameters.
    public init(agent: String) { self.agent = agent }
  }
  /// ``APIMethod/agentsEnroll``
  public struct Enroll: Sendable, Codable {
    /// The uuid; nil makes one.
    public var uuid: String?
    /// The token, 32 characters or more; nil makes one.
    public var token: String?
    /// Labels.
    public var labels: [String: String]?
    /// Parameters.
    public init(uuid: String? = nil, token: String? = nil, labels: [String: String]? = nil) {
      self.uuid = uuid
      self.token = token
      self.labels = labels
    }
  }
  /// ``APIMethod/agentsRotate``
  public struct Rotate: Sendable, Codable {
    /// Which one.
    public var agent: String
    /// How many seconds the old tokens stay valid (default 86,400; 0 to 2,592,000).
    public var graceS: Int64?
    /// The new token, 32 characters or more; nil makes one.
    public var token: String?
    /// Parameters.
    public init(agent: String, graceS: Int64? = nil, token: String? = nil) {
      self.agent = agent
      self.graceS = graceS
      self.token = token
    }
  }
  /// A token that was made: the only time that it is told.
  public struct IssuedToken: Sendable, Codable {
    /// Whose: a uuid, or an operator's name; empty for an enrolment token.
    public var subject: String
    /// The secret.
    public var token: String
    /// Until when the former ones stay valid, or until when an enrolment token can be used, in unix seconds.
    public var until: Double?
    /// A token.
    public init(subject: String, token: String, until: Double? = nil) {
      self.subject = subject
      self.token = token
      self.until = until
    }
  }
  /// ``APIMethod/agentsRevoke``; gives an ``AgentView``.
  public struct Revoke: Sendable, Codable {
    /// Which one.
    public var agent: String
    /// Why, for the audit record.
    public var reason: String?
    /// Parameters.
    public init(agent: String, reason: String? = nil) {
      self.agent = agent
      self.reason = reason
    }
  }
  /// ``APIMethod/agentsRemove``; gives an ``AgentView``, as it was.
  public struct RemoveAgent: Sendable, Codable {
    /// Which one.
    public var agent: String
    /// Whether also one that is connected (default false).
    public var force: Bool?
    /// Why, for the audit record.
    public var reason: String?
    /// Parameters.
    public init(agent: String, force: Bool? = nil, reason: String? = nil) {
      self.agent = agent
      self.force = force
      self.reason = reason
    }
  }
  /// ``APIMethod/agentsLabel``; gives an ``AgentView``.
  public struct Label: Sendable, Codable {
    /// Which one.
    public var agent: String
    /// Labels to set.
    public var set: [String: String]?
    /// Labels to remove.
    public var remove: [String]?
    /// Parameters.
    public init(agent: String, set: [String: String]? = nil, remove: [String]? = nil) {
      self.agent = agent
      self.set = set
      self.remove = remove
    }
  }
  /// ``APIMethod/enrolmentsCreate``; gives an ``IssuedToken``.
  public struct CreateEnrolment: Sendable, Codable {
    /// Labels that the agent gets.
    public var labels: [String: String]?
    /// For how many seconds it can be used (default 86,400; 60 to 2,592,000).
    public var ttlS: Int64?
    /// Parameters.
    public init(labels: [String: String]? = nil, ttlS: Int64? = nil) {
      self.labels = labels
      self.ttlS = ttlS
    }
  }
  /// ``APIMethod/enrolmentsRemove``; gives an ``EnrolmentView``.
  public struct RemoveEnrolment: Sendable, Codable {
    /// The id, or its beginning (4 characters or more).
    public var id: String
    /// Parameters.
    public init(id: String) { self.id = id }
  }
  /// One of what ``APIMethod/enrolmentsList`` gives.
  public struct EnrolmentView: Sendable, Hashable, Codable {
    /// The beginning of the hash of its token: enough to tell it from others.
    public var id: String
    /// Labels that the agent gets.
    public var labels: [String: String]
    /// Who made it.
    public var createdBy: String
    /// Until when it can be used, in unix seconds.
    public var expiresAt: Double
    /// A view.
    public init(id: String, labels: [String: String], createdBy: String, expiresAt: Double) {
      self.id = id
      self.labels = labels
      self.createdBy = createdBy
      self.expiresAt = expiresAt
    }
  }
  /// ``APIMethod/operatorsAdd``; gives an ``IssuedToken``. ``APIMethod/operatorsRemove`` takes the name alone.
  public struct Operator: Sendable, Hashable, Codable {
    /// The name (``OperatorName``).
    public var name: String
    /// The role; nil where only the name counts.
    public var role: OperatorRole?
    /// Whether the token of a known operator is replaced, which ends its connections; false: the request is a `conflict` then.
    /// Nil means true, as it was before there was this parameter.
    public var replace: Bool?
    /// Parameters.
    public init(name: String, role: OperatorRole? = nil, replace: Bool? = nil) {
      self.name = name
      self.role = role
      self.replace = replace
    }
  }
  /// ``APIMethod/commandsSubmit``; gives a ``CommandView``.
  public struct Submit: Sendable, Codable {
    /// Which one.
    public var agent: String
    /// What is to be done.
    public var operation: String
    /// With what; an object.
    public var params: JSONValue?
    /// After how many seconds the agent gives up (1 to 86,400).
    public var timeoutS: Int64?
    /// For how many seconds the command may wait for the agent (1 to 604,800; default: the platform's).
    public var expiresInS: Int64?
    /// An id of the caller's own, so that a submission that got no answer can be repeated; nil makes one.
    public var id: String?
    /// Parameters.
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
  /// ``APIMethod/commandsList``; gives an array of ``CommandView`` without results, the newest first.
  public struct ListCommands: Sendable, Codable {
    /// Only those of this agent.
    public var agent: String?
    /// Only those in this state.
    public var state: CommandView.State?
    /// At most so many (default 50; 1 to 1,000).
    public var limit: Int?
    /// Parameters.
    public init(agent: String? = nil, state: CommandView.State? = nil, limit: Int? = nil) {
      self.agent = agent
      self.state = state
      self.limit = limit
    }
  }
  /// ``APIMethod/commandsShow`` and ``APIMethod/commandsCancel``; both give a ``CommandView``.
  public struct Command: Sendable, Codable {
    /// The id, or its beginning (4 characters or more).
    public var id: String
    /// Parameters.
    public init(id: String) { self.id = id }
  }
  /// ``APIMethod/eventsList``; gives an array of ``EventView``, the oldest first.
  public struct ListEvents: Sendable, Codable {
    /// Only those of this agent.
    public var agent: String?
    /// Only those of these types.
    public var types: [String]?
    /// Only those of so many last seconds (default 3,600).
    public var sinceS: Int64?
    /// At most so many, the newest ones (default 200; 1 to 1,000).
    public var limit: Int?
    /// Parameters.
    public init(agent: String? = nil, types: [String]? = nil, sinceS: Int64? = nil, limit: Int? = nil) {
      self.agent = agent
      self.types = types
      self.sinceS = sinceS
      self.limit = limit
    }
  }
  /// ``APIMethod/auditList``; gives an array of ``AuditEntry``, the newest first.
  public struct ListAudit: Sendable, Codable {
    /// Only what was done to this agent, command or operator.
    public var object: String?
    /// Only what this operator did, or `platform`.
    public var by: String?
    /// Only this action, in which `*` stands for any characters, as in `agents.*`.
    public var action: String?
    /// Only what was done in so many last seconds.
    public var sinceS: Int64?
    /// At most so many (default 100; 1 to 1,000).
    public var limit: Int?
    /// Parameters.
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
  /// What ``APIMethod/platformStatus`` gives.
  public struct PlatformStatus: Sendable, Codable {
    /// The platform's version.
    public var version: String
    /// The instance that answered.
    public var instance: String
    /// The instance that delivers commands and keeps the fleet's state.
    public var leader: String?
    /// Agents by their status.
    public var agents: [String: Int]
    /// Commands that have no result yet.
    public var commandsOpen: Int
    /// Percent of the audit record's bytes in use; a full one refuses changes. Nil when it can't be read.
    public var auditUsedPct: Double?
    /// What keeps the instance that answered from its work, a line each; nil when nothing does.
    public var problems: [String]?
    /// A status.
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

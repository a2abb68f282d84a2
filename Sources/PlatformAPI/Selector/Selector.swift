/// A selector of agents by labels and fields, in the syntax of Kubernetes:
/// `env=prod,tier!=db,region in (a,b),zone notin (x),gpu,!spot`. An agent matches when it meets every requirement.
///
/// - `key=value`, `key==value`, `key in (a,b)`: the label exists and has (one of) the values.
/// - `key!=value`, `key notin (a,b)`: the label does not exist, or has another value.
/// - `key`, `!key`: the label exists, does not exist.
///
/// A `*` in a value matches any number of characters. A value with spaces or punctuation is quoted: `os="ubuntu
/// 24.04"`; a `*` in quotes is a wildcard as well. The ``fields`` of an agent are matched like labels, and take
/// precedence over a label of the same name.
public struct Selector: Sendable, Hashable, CustomStringConvertible {
  /// The fields of an agent: `status` and `alive` (`true`, `false`) of ``AgentView``, `hostname`, `os`, `version`,
  /// `uuid`.
  public static let fields: Set<String> = ["status", "alive", "hostname", "os", "version", "uuid"]

  /// The possible values of the fields that have few.
  static let fieldValues = [
    "status": AgentView.Status.allCases.map(\.rawValue), "alive": ["true", "false"],
  ]

  /// The longest selector, in bytes.
  public static let maximumLength = 4096
  /// The most requirements.
  public static let maximumRequirements = 32
  /// The most values of one requirement.
  public static let maximumValues = 256
  /// The longest key or value, in bytes.
  public static let maximumWord = 253

  /// The requirements, all of which an agent has to meet.
  public let requirements: [SelectorRequirement]
  /// The selector as it was written.
  public let description: String

  /// Parses a selector. An empty one is an error: all agents are selected by none.
  ///
  /// - Throws: What is wrong with the selector, and where.
  public init(_ text: String) throws(SelectorError) {
    var parser = SelectorParser(text)
    requirements = try parser.parse()
    description = text
  }

  /// Whether an agent with these labels and fields matches.
  ///
  /// - Parameters:
  ///   - labels: The agent's labels.
  ///   - fields: The agent's ``Selector/fields``, without those that are unknown.
  public func matches(labels: [String: String], fields: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      let isField = Self.fields.contains(requirement.key)
      return requirement.matches(isField ? fields[requirement.key] : labels[requirement.key])
    }
  }

  /// Whether an agent matches.
  public func matches(_ agent: AgentView) -> Bool {
    var fields = [
      "uuid": agent.uuid, "status": agent.status.rawValue, "alive": agent.isAlive ? "true" : "false",
    ]
    fields["hostname"] = agent.hostname
    fields["os"] = agent.os
    fields["version"] = agent.version
    return matches(labels: agent.labels, fields: fields)
  }
}

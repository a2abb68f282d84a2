/// Picks agents by their labels and fields, in the manner of Kubernetes:
/// `env=prod,tier!=db,region in (a,b),zone notin (x),gpu,!spot`. Every requirement must hold.
///
/// - `key=value`, `key==value`, `key in (a,b)`: it is there and is (one of) this.
/// - `key!=value`, `key notin (a,b)`: it is not there, or is another.
/// - `key`, `!key`: it is there, it is not.
///
/// A `*` in a value stands for any characters, none among them. A value with spaces or punctuation stands in quotes:
/// `os="ubuntu 24.04"`; there a `*` is still any characters. The ``fields`` of an agent are matched like labels, and win
/// over a label of the same name.
public struct Selector: Sendable, Hashable, CustomStringConvertible {
  /// What is known of an agent besides its labels: `status` and `alive` (`true`, `false`) of ``AgentView``, `hostname`, `os`,
  /// `version`, `uuid`.
  public static let fields: Set<String> = ["status", "alive", "hostname", "os", "version", "uuid"]

  /// The values of the fields that have few.
  static let fieldValues = [
    "status": AgentView.Status.allCases.map(\.rawValue), "alive": ["true", "false"],
  ]

  /// The longest text, in bytes.
  public static let maximumLength = 4096
  /// The most requirements.
  public static let maximumRequirements = 32
  /// The most values of one requirement.
  public static let maximumValues = 256
  /// The longest key or value, in bytes.
  public static let maximumWord = 253

  /// All of them must hold.
  public let requirements: [SelectorRequirement]
  /// As it was written.
  public let description: String

  /// Reads a selector. An empty one is refused: who means all agents gives none.
  ///
  /// - Throws: what is wrong with it, and where.
  public init(_ text: String) throws(SelectorError) {
    var parser = SelectorParser(text)
    requirements = try parser.parse()
    description = text
  }

  /// Whether an agent is meant.
  ///
  /// - Parameters:
  ///   - labels: its labels.
  ///   - fields: its fields, of ``Selector/fields``; those that are not known are left out.
  public func matches(labels: [String: String], fields: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      let isField = Self.fields.contains(requirement.key)
      return requirement.matches(isField ? fields[requirement.key] : labels[requirement.key])
    }
  }

  /// Whether an agent is meant.
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

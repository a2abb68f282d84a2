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

  /// Parses a selector. An empty selector is an error; omit the selector to select all agents.
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

/// A requirement of a ``Selector``.
public struct SelectorRequirement: Sendable, Hashable {
  /// A condition on the value of a label or field.
  public enum Condition: Sendable, Hashable {
    /// It exists.
    case exists
    /// It does not exist.
    case absent
    /// It exists and matches one of the patterns.
    case isOneOf([SelectorPattern])
    /// It does not exist, or matches none of the patterns.
    case isNoneOf([SelectorPattern])
  }

  /// The name of the label or field.
  public var key: String
  /// The condition on its value.
  public var condition: Condition

  /// Creates a requirement.
  public init(_ key: String, _ condition: Condition) {
    self.key = key
    self.condition = condition
  }

  /// Whether a value meets the condition; nil: the label or field does not exist.
  public func matches(_ value: String?) -> Bool {
    switch condition {
    case .exists: value != nil
    case .absent: value == nil
    case .isOneOf(let patterns): value.map { value in patterns.contains { $0.matches(value) } } ?? false
    case .isNoneOf(let patterns): value.map { value in !patterns.contains { $0.matches(value) } } ?? true
    }
  }
}

/// A value of a ``Selector``, in which `*` matches any number of characters. Case-sensitive.
public struct SelectorPattern: Sendable, Hashable {
  /// The pattern as it was written, without quotes.
  public let text: String

  /// Creates a pattern.
  public init(_ text: String) { self.text = text }

  /// Whether the whole of `value` matches. Takes at most time in proportion to the product of both lengths.
  public func matches(_ value: String) -> Bool {
    let star = UInt8(ascii: "*")
    let pattern = Array(text.utf8)
    let value = Array(value.utf8)
    var p = 0
    var v = 0
    // The pattern after the last `*`, and how much of the value that `*` covers: one byte more after each mismatch.
    var retry: (pattern: Int, value: Int)?
    while v < value.count {
      if p < pattern.count, pattern[p] == star {
        p += 1
        retry = (p, v)
      } else if p < pattern.count, pattern[p] == value[v] {
        p += 1
        v += 1
      } else if let (afterStar, reached) = retry {
        p = afterStar
        v = reached + 1
        retry = (afterStar, v)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == star }
  }
}

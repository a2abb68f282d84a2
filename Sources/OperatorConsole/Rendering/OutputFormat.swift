import ArgumentParser

/// How results are shown.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// For people.
  case table
  /// What the platform answered, as it is.
  case json
  /// The same as YAML.
  case yaml
}

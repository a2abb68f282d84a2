import ArgumentParser

/// The format of results.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// Text for people.
  case table
  /// The platform's answer as JSON.
  case json
  /// The platform's answer as YAML.
  case yaml
}

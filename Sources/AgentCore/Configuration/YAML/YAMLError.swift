/// Why bytes are no YAML document that the agent accepts. Quotes nothing of a value.
struct YAMLError: Error, Equatable {
  /// Counted from 1.
  var line: Int?
  var message: String
}

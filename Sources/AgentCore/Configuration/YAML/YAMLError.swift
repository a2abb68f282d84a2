/// Why a YAML document was rejected. Quotes no value.
struct YAMLError: Error, Equatable {
  /// Counted from 1.
  var line: Int?
  var message: String
}

/// The value of a property, as far as the agent reads any.
enum BusValue: Sendable, Equatable {
  case string(String)
  case bool(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case strings([String])
  /// Of a type that is not read.
  case other

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// A number of whatever width; nil where it does not fit.
  var number: Int64? {
    switch self {
    case .signed(let value): value
    case .unsigned(let value): Int64(exactly: value)
    default: nil
    }
  }

  var strings: [String]? {
    if case .strings(let value) = self { value } else { nil }
  }
}

/// The value of a property, in the types that the agent reads.
enum BusValue: Sendable, Equatable {
  case string(String)
  case bool(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case strings([String])
  /// A value of another type.
  case other

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// An integer of any width; nil when it does not fit.
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

/// A value in a method call, in the types of the D-Bus specification.
indirect enum BusArgument: Sendable, Equatable {
  case string(String)
  case bool(Bool)
  case int32(Int32)
  case uint64(UInt64)
  /// An open descriptor; the message takes a duplicate of it.
  case descriptor(Int32)
  /// `of` is the signature of one element.
  case array(of: String, [BusArgument])
  case structure([BusArgument])
  case variant(BusArgument)

  /// An array of strings.
  static func strings(_ strings: [String]) -> BusArgument {
    .array(of: "s", strings.map { .string($0) })
  }

  /// A property as `(sv)`: its name and its value.
  static func property(_ name: String, _ value: BusArgument) -> BusArgument {
    .structure([.string(name), .variant(value)])
  }

  /// The D-Bus signature of the value.
  var signature: String {
    switch self {
    case .string: "s"
    case .bool: "b"
    case .int32: "i"
    case .uint64: "t"
    case .descriptor: "h"
    case .array(let element, _): "a" + element
    case .structure(let members): "(" + members.map(\.signature).joined() + ")"
    case .variant: "v"
    }
  }
}

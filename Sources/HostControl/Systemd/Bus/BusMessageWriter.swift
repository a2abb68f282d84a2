import CSystemd
import Glibc

/// Encodes calls as messages of sd-bus.
enum BusMessageWriter {
  /// Creates the message of a call; the caller owns it.
  static func message(for call: BusCall, on bus: OpaquePointer) throws(SystemdError) -> OpaquePointer {
    var made: OpaquePointer?
    let result = csd_message_new_method_call(
      bus, &made, call.destination, call.path, call.interface, call.member)
    guard result >= 0, let message = made else { throw .unusable(call.purpose, ErrorNumber.text(-result)) }
    do throws(WriteFailure) {
      for argument in call.arguments { try append(argument, to: message) }
    } catch {
      csd_message_unref(message)
      throw .unusable(call.purpose, error.reason)
    }
    return message
  }

  private struct WriteFailure: Error {
    let reason: String
  }

  private static func append(_ argument: BusArgument, to message: OpaquePointer) throws(WriteFailure) {
    switch argument {
    case .string(let text):
      guard !text.utf8.contains(0) else { throw WriteFailure(reason: "a text contains a NUL byte") }
      try check(text.withCString { csd_message_append_basic(message, type("s"), $0) })
    case .bool(let value):
      // sd_bus_message_append_basic(3) takes a boolean as an int.
      var number: Int32 = value ? 1 : 0
      try check(csd_message_append_basic(message, type("b"), &number))
    case .int32(var number):
      try check(csd_message_append_basic(message, type("i"), &number))
    case .uint64(var number):
      try check(csd_message_append_basic(message, type("t"), &number))
    case .descriptor(var descriptor):
      try check(csd_message_append_basic(message, type("h"), &descriptor))
    case .array(let element, let elements):
      try container("a", element, elements, in: message)
    case .structure(let members):
      try container("r", members.map(\.signature).joined(), members, in: message)
    case .variant(let value):
      try container("v", value.signature, [value], in: message)
    }
  }

  private static func container(
    _ kind: Unicode.Scalar, _ contents: String, _ elements: [BusArgument], in message: OpaquePointer
  ) throws(WriteFailure) {
    try check(csd_message_open_container(message, type(kind), contents))
    for element in elements { try append(element, to: message) }
    try check(csd_message_close_container(message))
  }

  private static func type(_ letter: Unicode.Scalar) -> CChar {
    CChar(truncatingIfNeeded: letter.value)
  }

  private static func check(_ result: Int32) throws(WriteFailure) {
    guard result >= 0 else { throw WriteFailure(reason: ErrorNumber.text(-result)) }
  }
}

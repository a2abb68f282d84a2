import CSystemd
import Glibc

/// Decodes a received message from beginning to end. It must not outlive the callback that it was created in.
///
/// systemd is trusted, but the texts of its units are not: invalid UTF-8 becomes U+FFFD, long texts are cut, lists are bounded.
struct BusReader {
  /// The length at which a text is cut, in bytes.
  static let textLimit = 64 * 1024
  /// The most elements of a list. A longer one is an error.
  static let listLimit = 100_000

  private let message: OpaquePointer

  init(_ message: OpaquePointer) {
    self.message = message
  }

  func string() throws(BusReadFailure) -> String { try text("s") }

  func objectPath() throws(BusReadFailure) -> String { try text("o") }

  func uint32() throws(BusReadFailure) -> UInt32 {
    var number: UInt32 = 0
    try check(csd_message_read_basic(message, Self.type("u"), &number))
    return number
  }

  func bool() throws(BusReadFailure) -> Bool {
    var number: Int32 = 0
    try check(csd_message_read_basic(message, Self.type("b"), &number))
    return number != 0
  }

  /// A duplicate of the descriptor in the message, owned by the caller and closed on exec.
  func descriptor() throws(BusReadFailure) -> Int32 {
    var borrowed: Int32 = -1
    try check(csd_message_read_basic(message, Self.type("h"), &borrowed))
    let own = fcntl(borrowed, F_DUPFD_CLOEXEC, 3)
    guard own >= 0 else { throw BusReadFailure(reason: ErrorNumber.text(errno)) }
    return own
  }

  /// Skips values of complete types, such as `sso`.
  func skip(_ signature: String) throws(BusReadFailure) {
    try check(csd_message_skip(message, signature))
  }

  /// Reads an array whose elements have the signature `element`.
  func array<Element>(
    of element: String, _ body: (BusReader) throws(BusReadFailure) -> Element
  ) throws(BusReadFailure) -> [Element] {
    try check(csd_message_enter_container(message, Self.type("a"), element))
    var elements: [Element] = []
    while try !isAtEnd() {
      guard elements.count < Self.listLimit else {
        throw BusReadFailure(reason: "the reply lists more than \(Self.listLimit)")
      }
      elements.append(try body(self))
    }
    try check(csd_message_exit_container(message))
    return elements
  }

  /// Reads a structure whose members have the signature `contents`.
  func structure<Members>(
    _ contents: String, _ body: (BusReader) throws(BusReadFailure) -> Members
  ) throws(BusReadFailure) -> Members {
    try check(csd_message_enter_container(message, Self.type("r"), contents))
    let members = try body(self)
    try check(csd_message_exit_container(message))
    return members
  }

  /// Reads the wanted properties of an `a{sv}`.
  func properties(_ wanted: Set<String>) throws(BusReadFailure) -> [String: BusValue] {
    var values: [String: BusValue] = [:]
    try check(csd_message_enter_container(message, Self.type("a"), "{sv}"))
    while try !isAtEnd() {
      try check(csd_message_enter_container(message, Self.type("e"), "sv"))
      let name = try string()
      if wanted.contains(name) { values[name] = try variant() } else { try skip("v") }
      try check(csd_message_exit_container(message))
    }
    try check(csd_message_exit_container(message))
    return values
  }

  /// Reads a variant.
  func variant() throws(BusReadFailure) -> BusValue {
    var kind: CChar = 0
    var contents: UnsafePointer<CChar>?
    try check(csd_message_peek_type(message, &kind, &contents))
    guard kind == Self.type("v"), let contents else {
      throw BusReadFailure(reason: "a value has an unexpected type")
    }
    let signature = String(cString: contents)
    try check(csd_message_enter_container(message, kind, contents))
    let value = try value(of: signature)
    try check(csd_message_exit_container(message))
    return value
  }

  private func value(of signature: String) throws(BusReadFailure) -> BusValue {
    switch signature {
    case "s": return .string(try text("s"))
    case "o": return .string(try text("o"))
    case "b": return .bool(try bool())
    case "u": return .unsigned(UInt64(try uint32()))
    case "t":
      var number: UInt64 = 0
      try check(csd_message_read_basic(message, Self.type("t"), &number))
      return .unsigned(number)
    case "i":
      var number: Int32 = 0
      try check(csd_message_read_basic(message, Self.type("i"), &number))
      return .signed(Int64(number))
    case "as":
      return .strings(try array(of: "s") { reader throws(BusReadFailure) in try reader.string() })
    default:
      try skip(signature)
      return .other
    }
  }

  private func text(_ kind: Unicode.Scalar) throws(BusReadFailure) -> String {
    var start: UnsafePointer<CChar>?
    try check(csd_message_read_basic(message, Self.type(kind), &start))
    guard let start else { throw BusReadFailure(reason: "a text is missing") }
    let bytes = UnsafeRawBufferPointer(start: start, count: min(strlen(start), Self.textLimit))
    return String(decoding: bytes, as: UTF8.self)
  }

  private func isAtEnd() throws(BusReadFailure) -> Bool {
    let result = csd_message_peek_type(message, nil, nil)
    try check(result)
    return result == 0
  }

  private static func type(_ letter: Unicode.Scalar) -> CChar {
    CChar(truncatingIfNeeded: letter.value)
  }

  private func check(_ result: Int32) throws(BusReadFailure) {
    guard result >= 0 else { throw BusReadFailure(reason: "a value has an unexpected type") }
  }
}

/// A message differs from the documentation of its sender.
struct BusReadFailure: Error {
  let reason: String
}

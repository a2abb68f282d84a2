/// A parser of untrusted bytes, with the invariants that hold for every input.
///
/// A finding is a crash: a trap of the parser itself, or of an ``expect(_:_:)`` here.
public struct FuzzTarget: Sendable {
  /// The name of the target and of its corpus folder.
  public let name: String
  /// Bytes that the format uses, for the mutations of the unit test.
  public let dictionary: [String]
  /// Parses the bytes.
  public let run: @Sendable ([UInt8]) -> Void

  init(_ name: String, dictionary: [String] = [], _ run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.dictionary = dictionary
    self.run = run
  }

  /// All targets, in the order of their names.
  public static let all: [FuzzTarget] = (network + disk + host).sorted { $0.name < $1.name }
}

/// Traps when a property does not hold.
func expect(_ holds: Bool, _ message: @autoclosure () -> String) {
  guard holds else { fatalError(message()) }
}

/// The bytes as text, damaged UTF-8 repaired as the programs do.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

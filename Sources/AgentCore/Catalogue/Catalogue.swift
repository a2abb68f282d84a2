import AgentProtocol
import Encoding

/// The operations of this agent, in the order of the capabilities.
struct Catalogue: Sendable {
  let operations: [any Operation]
  private let byName: [ExactString: any Operation]

  /// Creates a catalogue. Of two operations with the same name, the first is used.
  init(_ operations: [any Operation]) {
    self.operations = operations
    byName = Dictionary(
      operations.map { (ExactString($0.entry.operation), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The operation with a name, compared byte by byte.
  subscript(name: String) -> (any Operation)? { byName[ExactString(name)] }

  /// The entries of the allowed operations, in order.
  func entries(under policy: CommandPolicy) -> [CatalogueEntry] {
    operations.map(\.entry).filter { policy.allows($0.operation) }
  }
}

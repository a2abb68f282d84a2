import AgentProtocol
import Encoding

/// All operations of this agent, in the order in which they are announced.
struct Catalogue: Sendable {
  /// The operations, in order.
  let operations: [any Operation]
  private let byName: [ExactString: any Operation]

  /// A catalogue. Of two operations with one name the first counts.
  init(_ operations: [any Operation]) {
    self.operations = operations
    byName = Dictionary(
      operations.map { (ExactString($0.entry.operation), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The operation of that name, matched exactly.
  subscript(name: String) -> (any Operation)? { byName[ExactString(name)] }

  /// The entries of what the policy allows, in order.
  func entries(under policy: CommandPolicy) -> [CatalogueEntry] {
    operations.map(\.entry).filter { policy.allows($0.operation) }
  }
}

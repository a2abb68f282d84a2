/// What the local configuration allows. Nothing that comes over the wire can widen it.
struct CommandPolicy: Sendable {
  private let allowedOperations: Set<String>
  /// What `exec` may run.
  let executables: ExecutableAllowlist

  /// A policy. Every operation that is not named is refused.
  init(allowedOperations: some Sequence<String>, executables: ExecutableAllowlist) {
    self.allowedOperations = Set(allowedOperations)
    self.executables = executables
  }

  /// Whether an operation may run, matched exactly.
  func allows(_ operation: String) -> Bool {
    allowedOperations.contains(operation)
  }
}

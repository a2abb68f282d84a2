/// How long a test waits for what must happen before it fails. Long, as all tests share the machine with each other and with
/// whatever else it does: this tells "never" from "late", nothing else.
package let testTimeout = Duration.seconds(60)

package struct DeadlinePassed: Error, CustomStringConvertible {
  package var description: String

  package init(description: String) {
    self.description = description
  }
}

/// Runs `body`, and throws if it takes longer than `limit`.
package func within<R: Sendable>(
  _ limit: Duration, _ what: String = "it", _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  try await withThrowingTaskGroup(of: R.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw DeadlinePassed(description: "\(what) did not happen within \(limit)")
    }
    guard let result = try await group.next() else { throw DeadlinePassed(description: what) }
    group.cancelAll()
    return result
  }
}

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// The first element that `matches`, if it comes in time.
  package func first(
    within limit: Duration = testTimeout, where matches: @escaping @Sendable (Element) -> Bool = { _ in true }
  ) async throws -> Element {
    try await within(limit, "an element") {
      for try await element in self where matches(element) { return element }
      throw DeadlinePassed(description: "the sequence ended first")
    }
  }

  /// The first `count` elements, if they come in time.
  package func collect(_ count: Int, within limit: Duration = testTimeout) async throws -> [Element] {
    try await within(limit, "\(count) elements") {
      var collected: [Element] = []
      guard count > 0 else { return collected }
      for try await element in self {
        collected.append(element)
        if collected.count == count { break }
      }
      return collected
    }
  }
}

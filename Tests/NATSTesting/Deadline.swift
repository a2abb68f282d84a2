/// The time after which an awaited event counts as missing. Long, because tests run concurrently on a machine that may be busy.
package let testTimeout = Duration.seconds(60)

/// The error of an event that did not happen in time.
package struct DeadlinePassed: Error, CustomStringConvertible {
  package var description: String

  package init(description: String) {
    self.description = description
  }
}

/// Runs `body` and throws ``DeadlinePassed`` if it takes longer than `limit`.
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
  /// Waits for the first element that `matches`.
  package func first(
    within limit: Duration = testTimeout, where matches: @escaping @Sendable (Element) -> Bool = { _ in true }
  ) async throws -> Element {
    try await within(limit, "an element") {
      for try await element in self where matches(element) { return element }
      throw DeadlinePassed(description: "the sequence ended first")
    }
  }

  /// Waits for the first `count` elements.
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

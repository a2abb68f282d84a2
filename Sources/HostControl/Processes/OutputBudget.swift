import Locks

/// A bound on the output that is kept of all programs that run at a time.
///
/// Each run has an account. A stream of it keeps ``guaranteedBytes`` in any case; what it keeps beyond is taken from the budget
/// while there is any, and its output is cut where there is none.
public final class OutputBudget: Sendable {
  /// The bytes of each stream that count for no budget.
  public static let guaranteedBytes = 16 << 10

  private let available: Locked<Int>

  /// A budget of so many bytes.
  public init(bytes: Int) {
    available = Locked(max(0, bytes))
  }

  /// The bytes that no run holds.
  public var availableBytes: Int { available.withLock { $0 } }

  /// An account for one run.
  public func account() -> Account { Account(of: self) }

  /// What one run holds of the budget.
  public final class Account: Sendable {
    private let budget: OutputBudget
    /// The bytes held; nil = closed.
    private let held = Locked<Int?>(0)

    fileprivate init(of budget: OutputBudget) {
      self.budget = budget
    }

    deinit {
      close()
    }

    /// Takes up to `count` bytes.
    ///
    /// - Returns: How many were available.
    func take(_ count: Int) -> Int {
      held.withLock { held in
        guard let before = held else { return 0 }
        let taken = budget.available.withLock { available in
          let taken = min(max(0, count), available)
          available -= taken
          return taken
        }
        held = before + taken
        return taken
      }
    }

    /// Gives everything back, once the output is no longer needed. Nothing more can be taken.
    public func close() {
      let bytes = held.withLock { held in
        defer { held = nil }
        return held ?? 0
      }
      budget.available.withLock { $0 += bytes }
    }
  }
}

import Locks

/// A bound on the captured output of all concurrent runs.
///
/// Each run has an account. Its streams capture ``guaranteedBytes`` each regardless of the budget. More is taken from the budget,
/// and the output is truncated when that is exhausted.
public final class OutputBudget: Sendable {
  /// The bytes of each stream that are not taken from the budget.
  public static let guaranteedBytes = 16 << 10

  private let available: Locked<Int>

  /// Creates a budget of a number of bytes.
  public init(bytes: Int) {
    available = Locked(max(0, bytes))
  }

  /// The bytes that no account holds.
  public var availableBytes: Int { available.withLock { $0 } }

  /// Opens an account for one run.
  public func account() -> Account { Account(of: self) }

  /// The share of one run.
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
    /// - Returns: The number of bytes taken.
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

    /// Returns all bytes to the budget. Nothing can be taken afterwards.
    public func close() {
      let bytes = held.withLock { held in
        defer { held = nil }
        return held ?? 0
      }
      budget.available.withLock { $0 += bytes }
    }
  }
}

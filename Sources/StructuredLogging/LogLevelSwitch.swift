package import Logging
internal import Synchronization

/// A log level shared by all loggers, which can be changed at run time.
package final class LogLevelSwitch: Sendable {
  private static let levels: [Logger.Level] = [.trace, .debug, .info, .notice, .warning, .error, .critical]
  private let index: Atomic<Int>

  package init(_ level: Logger.Level) {
    index = Atomic(Self.index(of: level))
  }

  /// Events below this level are not written.
  package var level: Logger.Level {
    get { Self.levels[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int {
    levels.firstIndex(of: level) ?? 2
  }
}

internal import Logging
internal import Synchronization

/// The level that all loggers share, to be changed while the agent runs.
final class LogLevelSwitch: Sendable {
  private static let levels: [Logger.Level] = [.trace, .debug, .info, .notice, .warning, .error, .critical]
  private let index: Atomic<Int>

  /// A switch at a level.
  init(_ level: Logger.Level) {
    index = Atomic(Self.index(of: level))
  }

  /// Lines below this level are not written.
  var level: Logger.Level {
    get { Self.levels[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int {
    levels.firstIndex(of: level) ?? 2
  }
}

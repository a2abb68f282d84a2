/// Where `plsctl` runs: its streams, its terminal, its environment, the clock and Ctrl-C.
public struct Console: Sendable {
  /// Streams that are written to.
  public enum Stream: Sendable {
    /// What was asked for.
    case output
    /// Errors, progress, questions.
    case error
  }

  /// A terminal's size in characters.
  public struct Size: Sendable, Hashable {
    /// Characters a line.
    public var columns: Int
    /// Lines.
    public var rows: Int
    /// A size.
    public init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  /// Writes bytes as they are.
  public var write: @Sendable (Stream, [UInt8]) -> Void
  /// The size of the terminal that a stream leads to; nil when it leads to none.
  public var terminal: @Sendable (Stream) -> Size?
  /// Whether a person can be asked.
  public var canAsk: Bool
  /// Asks for a line; `isSecret` does not show it. Nil at the end of the input.
  public var ask: @Sendable (_ question: String, _ isSecret: Bool) -> String?
  /// The environment.
  public var environment: [String: String]
  /// Now, in unix seconds.
  public var now: @Sendable () -> Double
  /// Returns when the operator wants to stop, or the task is cancelled.
  public var interruption: @Sendable () async -> Void

  /// A console of these parts.
  public init(
    write: @escaping @Sendable (Stream, [UInt8]) -> Void,
    terminal: @escaping @Sendable (Stream) -> Size?,
    canAsk: Bool,
    ask: @escaping @Sendable (_ question: String, _ isSecret: Bool) -> String?,
    environment: [String: String],
    now: @escaping @Sendable () -> Double,
    interruption: @escaping @Sendable () async -> Void
  ) {
    self.write = write
    self.terminal = terminal
    self.canAsk = canAsk
    self.ask = ask
    self.environment = environment
    self.now = now
    self.interruption = interruption
  }

  /// Writes lines. What a terminal would obey is shown instead, but for the colours of ``Palette``.
  func print(_ line: String, to stream: Stream = .output) {
    write(stream, Array((TerminalText.printed(line) + "\n").utf8))
  }

  /// Writes one line for the operator to standard error, whatever it holds.
  func note(_ line: String) {
    print("plsctl: " + TerminalText.line(line), to: .error)
  }

  /// Colours for a stream: none where no terminal is, or `NO_COLOR` is set.
  func palette(_ stream: Stream = .output) -> Palette {
    let isOff = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return Palette(isOn: terminal(stream) != nil && !isOff && environment["TERM"] != "dumb")
  }
}

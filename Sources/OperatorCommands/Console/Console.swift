/// The environment of a `plsctl` process: streams, terminal, environment variables, clock and interruption.
public struct Console: Sendable {
  /// An output stream.
  public enum Stream: Sendable {
    /// Standard output: results.
    case output
    /// Standard error: errors, progress and prompts.
    case error
  }

  /// A terminal's size in characters.
  public struct Size: Sendable, Hashable {
    /// Characters per line.
    public var columns: Int
    /// The number of lines.
    public var rows: Int
    /// Creates a size.
    public init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  /// Writes bytes to a stream unchanged.
  public var write: @Sendable (Stream, [UInt8]) -> Void
  /// The size of the terminal that a stream is connected to; nil if it is not a terminal.
  public var terminal: @Sendable (Stream) -> Size?
  /// Whether the operator can be prompted.
  public var canAsk: Bool
  /// Prompts for a line, without echo if `isSecret`. Nil at the end of the input.
  public var ask: @Sendable (_ question: String, _ isSecret: Bool) -> String?
  /// The environment variables.
  public var environment: [String: String]
  /// The current time in unix seconds.
  public var now: @Sendable () -> Double
  /// Returns on SIGINT, SIGTERM or cancellation of the task.
  public var interruption: @Sendable () async -> Void

  /// Creates a console.
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

  /// Writes lines. Control characters are escaped, except for the colours of ``Palette``.
  func print(_ line: String, to stream: Stream = .output) {
    write(stream, Array((TerminalText.printed(line) + "\n").utf8))
  }

  /// Writes one escaped line to standard error.
  func report(_ line: String) {
    print("plsctl: " + TerminalText.line(line), to: .error)
  }

  /// The colours for a stream: none if it is not a terminal, or `NO_COLOR` is set.
  func palette(_ stream: Stream = .output) -> Palette {
    let isOff = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return Palette(isOn: terminal(stream) != nil && !isOff && environment["TERM"] != "dumb")
  }
}

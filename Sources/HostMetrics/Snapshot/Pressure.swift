/// Pressure stall information (Documentation/accounting/psi.rst of the kernel).
public struct Pressure: Sendable, Equatable {
  /// Waiting for a processor.
  public var cpu: PressureAverages?
  /// Waiting for memory.
  public var memory: PressureAverages?
  /// Waiting for I/O.
  public var io: PressureAverages?

  /// Creates a pressure.
  public init(
    cpu: PressureAverages? = nil, memory: PressureAverages? = nil, io: PressureAverages? = nil
  ) {
    self.cpu = cpu
    self.memory = memory
    self.io = io
  }
}

/// Shares of the last ten seconds in which tasks waited for a resource, 0 to 100.
public struct PressureAverages: Sendable, Equatable {
  /// At least one task waited.
  public var some: Double?
  /// All tasks that were not idle waited; `nil` for the processor before Linux 5.13.
  public var full: Double?

  /// Creates averages.
  public init(some: Double? = nil, full: Double? = nil) {
    self.some = some
    self.full = full
  }
}

extension PressureAverages {
  /// Parses a file of `/proc/pressure`.
  package init(_ content: ByteScanner) {
    self.init()
    var content = content
    while var line = content.line() {
      let isSome = line.take("some avg10=")
      guard isSome || line.take("full avg10="), let value = line.fraction() else { continue }
      let percent = min(hundredths(value), 100)
      if isSome { some = percent } else { full = percent }
    }
  }
}

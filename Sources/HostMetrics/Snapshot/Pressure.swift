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

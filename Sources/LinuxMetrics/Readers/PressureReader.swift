import HostMetrics

/// Reads `/proc/pressure/*`.
struct PressureReader {
  private let cpu: KernelFile
  private let memory: KernelFile
  private let io: KernelFile

  init(_ files: HostFiles) {
    cpu = KernelFile(files.proc + "/pressure/cpu")
    memory = KernelFile(files.proc + "/pressure/memory")
    io = KernelFile(files.proc + "/pressure/io")
  }

  /// The averages; `nil` if the kernel provides none, which is not an error.
  func pressure(_ buffer: ReadBuffer) -> Pressure? {
    let pressure = Pressure(
      cpu: averages(cpu, buffer), memory: averages(memory, buffer), io: averages(io, buffer))
    return pressure == Pressure() ? nil : pressure
  }

  private func averages(_ file: KernelFile, _ buffer: ReadBuffer) -> PressureAverages? {
    do throws(MetricsError) {
      let averages = PressureAverages(try file.read(into: buffer))
      return averages == PressureAverages() ? nil : averages
    } catch {
      return nil
    }
  }
}

import AgentProtocol
import HostMetrics
import JSON
import LinuxMetrics

/// Prints the telemetry of this machine on a terminal.
public enum SnapshotScreen {
  /// Prints a telemetry payload as JSON. Rates are measured over 200 ms.
  public static func once() async {
    let sampler = TelemetrySampler(prober: MountProber())
    _ = await sampler.snapshot()
    await pause(.milliseconds(200))
    Terminal.print(String(decoding: JSONWriter.encode(await sampler.snapshot().json), as: UTF8.self))
  }

  /// Prints a table every second until the task is cancelled or the process ends.
  public static func watch() async {
    let sampler = TelemetrySampler(prober: MountProber())
    let isInteractive = Terminal.isInteractive(.output)
    while !Task.isCancelled {
      let lines = await sampler.snapshot().table
      if isInteractive { Terminal.clear() }
      for line in lines { Terminal.print(line) }
      if !isInteractive { Terminal.print("") }
      await pause(.seconds(1))
    }
  }

  private static func pause(_ duration: Duration) async {
    do { try await Task.sleep(for: duration) } catch { return }
  }
}

extension HostMetrics.Snapshot {
  /// The snapshot as the lines of a table.
  var table: [String] {
    let load = cpu.loadAverage.map { "\($0)" }.joined(separator: " ")
    var lines = [
      "cpu      \(bar(cpu.usagePercent))  \(cpu.coreCount) cores, load \(load)",
      "memory   \(bar(memory.usagePercent))  \(bytes(memory.usedBytes)) of \(bytes(memory.totalBytes))",
    ]
    for core in cpu.cores { lines.append("  core \(core.id)\t \(bar(core.usagePercent))") }
    for disk in disks {
      lines.append(
        "disk     \(bar(disk.usagePercent))  \(oneLine(disk.mountpoint)) (\(oneLine(disk.device)))")
      if let io = disk.io {
        lines.append(
          "           read \(bytes(io.readBytesPerSecond))/s  write \(bytes(io.writeBytesPerSecond))/s  "
            + "busy \(io.utilPercent) %")
      }
    }
    for interface in network {
      lines.append(
        "network  \(interface.interface) \(interface.isUp ? "up" : "down")  in \(bytes(interface.bytesReceived))  "
          + "out \(bytes(interface.bytesSent))")
    }
    for mount in stalledMounts {
      lines.append("stalled  \(oneLine(mount.mountpoint)) (\(oneLine(mount.source)))")
    }
    return lines
  }
}

private func bar(_ percent: Double) -> String {
  let filled = Int((min(max(percent, 0), 100) / 5).rounded())
  let number = "\((percent * 10).rounded() / 10) %"
  return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: 20 - filled) + "] "
    + String(repeating: " ", count: max(0, 7 - number.count)) + number
}

/// Escapes line feeds and tabs. Local users can name mount points and must not be able to forge lines of the table.
private func oneLine(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private func bytes(_ count: UInt64) -> String {
  var value = Double(count)
  for unit in ["B", "KiB", "MiB", "GiB"] {
    if value < 1024 { return "\((value * 10).rounded() / 10) \(unit)" }
    value /= 1024
  }
  return "\((value * 10).rounded() / 10) TiB"
}

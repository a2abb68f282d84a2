import AgentProtocol
import HostMetrics
import JSON

extension Snapshot {
  /// The telemetry payload.
  var payload: TelemetryPayload {
    TelemetryPayload(
      cpu: cpu.payload, memory: memory.payload, disks: disks.map(\.payload), network: network.map(\.payload),
      uptimeSeconds: uptimeSeconds, pressure: pressure?.payload)
  }

  /// The telemetry payload as JSON.
  var json: JSONValue { payload.json }

  /// The telemetry payload in at most `limit` bytes, and the number of entries that were left out of it, by list.
  func payload(within limit: Int) -> (json: JSONValue, omitted: JSONObject) {
    let payload = payload.fitting(limit)
    return (payload.json, payload.omitted)
  }
}

extension CPUUsage {
  fileprivate var payload: TelemetryPayload.CPU {
    TelemetryPayload.CPU(
      usagePercent: usagePercent, coreCount: coreCount, loadAverage: loadAverage,
      cores: cores.map { TelemetryPayload.Core(id: $0.id, usagePercent: $0.usagePercent) })
  }

  /// The `cpu` part of the telemetry payload.
  var json: JSONValue { payload.json }
}

extension MemoryUsage {
  fileprivate var payload: TelemetryPayload.Memory {
    TelemetryPayload.Memory(
      totalBytes: totalBytes, usedBytes: usedBytes, usagePercent: usagePercent,
      availableBytes: availableBytes, swapTotalBytes: swapTotalBytes, swapUsedBytes: swapUsedBytes)
  }

  /// The `memory` part of the telemetry payload.
  var json: JSONValue { payload.json }
}

extension DiskUsage {
  fileprivate var payload: TelemetryPayload.Disk {
    TelemetryPayload.Disk(
      device: device, mountpoint: mountpoint, totalBytes: totalBytes, usedBytes: usedBytes,
      usagePercent: usagePercent, io: io?.payload, filesystem: filesystem, inodesTotal: inodesTotal,
      inodesUsed: inodesUsed, isReadOnly: isReadOnly)
  }

  /// One entry of the `disks` part of the telemetry payload.
  var json: JSONValue { payload.json }
}

extension DiskIO {
  fileprivate var payload: TelemetryPayload.DiskIO {
    TelemetryPayload.DiskIO(
      readBytesPerSecond: readBytesPerSecond, writeBytesPerSecond: writeBytesPerSecond, readIOPS: readIOPS,
      writeIOPS: writeIOPS, utilPercent: utilPercent)
  }
}

extension InterfaceUsage {
  fileprivate var payload: TelemetryPayload.Interface {
    TelemetryPayload.Interface(
      interface: interface, bytesSent: bytesSent, bytesReceived: bytesReceived, isUp: isUp,
      rxErrors: rxErrors, txErrors: txErrors, rxBytesPerSecond: rxBytesPerSecond,
      txBytesPerSecond: txBytesPerSecond, isStacked: isStacked)
  }

  /// One entry of the `network` part of the telemetry payload.
  var json: JSONValue { payload.json }
}

extension Pressure {
  fileprivate var payload: TelemetryPayload.Pressure {
    TelemetryPayload.Pressure(cpu: cpu?.payload, memory: memory?.payload, io: io?.payload)
  }
}

extension PressureAverages {
  fileprivate var payload: TelemetryPayload.Pressure.Averages {
    TelemetryPayload.Pressure.Averages(some: some, full: full)
  }
}

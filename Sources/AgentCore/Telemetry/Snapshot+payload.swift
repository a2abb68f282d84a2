import HostMetrics
import JSON

extension Snapshot {
  /// The telemetry payload.
  var json: JSONValue {
    var object: JSONObject = [
      "cpu": cpu.json, "memory": memory.json, "disks": .array(disks.map(\.json)),
      "network": .array(network.map(\.json)),
    ]
    object.append("uptime_s", ifPresent: uptimeSeconds.map { JSONValue($0) })
    object.append("pressure", ifPresent: pressure?.json)
    return .object(object)
  }
}

extension CPUUsage {
  /// The member `cpu` of the telemetry payload.
  var json: JSONValue {
    [
      "usage_pct": .number(usagePercent), "core_count": JSONValue(coreCount),
      "load_avg": .array(loadAverage.map(JSONValue.number)),
      "cores": .array(cores.map(\.json)),
    ]
  }
}

extension CoreUsage {
  /// An element of `cpu.cores` in the telemetry payload.
  var json: JSONValue { ["id": JSONValue(id), "usage_pct": .number(usagePercent)] }
}

extension MemoryUsage {
  /// The member `memory` of the telemetry payload.
  var json: JSONValue {
    var object: JSONObject = [
      "total_bytes": JSONValue(totalBytes), "used_bytes": JSONValue(usedBytes),
      "usage_pct": .number(usagePercent),
    ]
    object.append("available_bytes", ifPresent: availableBytes.map { JSONValue($0) })
    object.append("swap_total_bytes", ifPresent: swapTotalBytes.map { JSONValue($0) })
    object.append("swap_used_bytes", ifPresent: swapUsedBytes.map { JSONValue($0) })
    return .object(object)
  }
}

extension DiskUsage {
  /// An element of `disks` in the telemetry payload.
  var json: JSONValue {
    var object: JSONObject = [
      "device": .string(device), "mountpoint": .string(mountpoint), "total_bytes": JSONValue(totalBytes),
      "used_bytes": JSONValue(usedBytes), "usage_pct": .number(usagePercent),
    ]
    object.append("io", ifPresent: io?.json)
    object.append("fstype", ifPresent: filesystem.map(JSONValue.string))
    object.append("inodes_total", ifPresent: inodesTotal.map { JSONValue($0) })
    object.append("inodes_used", ifPresent: inodesUsed.map { JSONValue($0) })
    object.append("read_only", ifPresent: isReadOnly ? .bool(true) : nil)
    return .object(object)
  }
}

extension DiskIO {
  var json: JSONValue {
    [
      "read_bytes_per_s": JSONValue(readBytesPerSecond), "write_bytes_per_s": JSONValue(writeBytesPerSecond),
      "read_iops": JSONValue(readIOPS), "write_iops": JSONValue(writeIOPS), "util_pct": .number(utilPercent),
    ]
  }
}

extension InterfaceUsage {
  /// An element of `network` in the telemetry payload.
  var json: JSONValue {
    var object: JSONObject = [
      "interface": .string(interface), "bytes_sent": JSONValue(bytesSent),
      "bytes_recv": JSONValue(bytesReceived),
      "is_up": .bool(isUp), "rx_errors": JSONValue(rxErrors), "tx_errors": JSONValue(txErrors),
    ]
    object.append("rx_bytes_per_s", ifPresent: rxBytesPerSecond.map { JSONValue($0) })
    object.append("tx_bytes_per_s", ifPresent: txBytesPerSecond.map { JSONValue($0) })
    object.append("stacked", ifPresent: isStacked.map(JSONValue.bool))
    return .object(object)
  }
}

extension Pressure {
  var json: JSONValue {
    var object = JSONObject()
    object.append("cpu", ifPresent: cpu?.json)
    object.append("memory", ifPresent: memory?.json)
    object.append("io", ifPresent: io?.json)
    return .object(object)
  }
}

extension PressureAverages {
  var json: JSONValue {
    var object = JSONObject()
    object.append("some_avg10", ifPresent: some.map(JSONValue.number))
    object.append("full_avg10", ifPresent: full.map(JSONValue.number))
    return .object(object)
  }
}

import Encoding
public import JSON

/// Metrics of a machine at one moment.
///
/// Decoding accepts the payloads of every version of the agent: a missing number is 0, a missing part is nil or empty, and an entry
/// of a list without its name is left out.
public struct TelemetryPayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .telemetry }

  /// Usage of the processors.
  public var cpu: CPU?
  /// Usage of the memory.
  public var memory: Memory?
  /// Usage of the file systems.
  public var disks: [Disk]
  /// Counters and rates of the network interfaces.
  public var network: [Interface]
  /// Seconds since the machine booted.
  public var uptimeSeconds: UInt64?
  /// Pressure stall information.
  public var pressure: Pressure?
  /// The number of entries that were left out of a list to fit ``PayloadLimits``, by the name of the list.
  public var omitted: JSONObject

  /// Creates a payload.
  public init(
    cpu: CPU?, memory: Memory?, disks: [Disk] = [], network: [Interface] = [], uptimeSeconds: UInt64? = nil,
    pressure: Pressure? = nil, omitted: JSONObject = JSONObject()
  ) {
    self.cpu = cpu
    self.memory = memory
    self.disks = disks
    self.network = network
    self.uptimeSeconds = uptimeSeconds
    self.pressure = pressure
    self.omitted = omitted
  }

  /// Decodes a payload.
  ///
  /// - Returns: nil when `json` is not an object.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue else { return nil }
    cpu = object["cpu"].flatMap { CPU($0) }
    memory = object["memory"].flatMap { Memory($0) }
    disks = (object["disks"]?.arrayValue ?? []).compactMap { Disk($0) }
    network = (object["network"]?.arrayValue ?? []).compactMap { Interface($0) }
    uptimeSeconds = object["uptime_s"]?.unsignedValue
    pressure = object["pressure"].flatMap { Pressure($0) }
    omitted = object["omitted"]?.objectValue ?? JSONObject()
  }

  /// The payload as JSON.
  public var json: JSONValue {
    var object = JSONObject()
    object.append("cpu", ifPresent: cpu?.json)
    object.append("memory", ifPresent: memory?.json)
    object.append("disks", .array(disks.map { $0.json }))
    object.append("network", .array(network.map { $0.json }))
    object.append("uptime_s", ifPresent: uptimeSeconds.map { JSONValue($0) })
    object.append("pressure", ifPresent: pressure?.json)
    if !omitted.isEmpty { object.append("omitted", .object(omitted)) }
    return .object(object)
  }
}

extension TelemetryPayload {
  /// Usage of the processors.
  public struct CPU: Sendable, Equatable {
    /// Percent of the time of all processors, 0 to 100.
    public var usagePercent: Double
    /// The number of processors that are online.
    public var coreCount: Int
    /// Run-queue averages over 1, 5 and 15 minutes.
    public var loadAverage: [Double]
    /// Usage of each processor that is online.
    public var cores: [Core]

    /// Creates a part of a payload.
    public init(usagePercent: Double, coreCount: Int, loadAverage: [Double], cores: [Core]) {
      self.usagePercent = usagePercent
      self.coreCount = coreCount
      self.loadAverage = loadAverage
      self.cores = cores
    }

    /// Decodes the part.
    ///
    /// - Returns: nil when `json` is not an object.
    public init?(_ json: JSONValue) {
      guard let object = json.objectValue else { return nil }
      usagePercent = object["usage_pct"]?.doubleValue ?? 0
      coreCount = object["core_count"]?.integerValue.flatMap { Int(exactly: $0) } ?? 0
      loadAverage = (object["load_avg"]?.arrayValue ?? []).prefix(3).compactMap { $0.doubleValue }
      cores = (object["cores"]?.arrayValue ?? []).compactMap { Core($0) }
    }

    /// The part as JSON.
    public var json: JSONValue {
      [
        "usage_pct": .number(usagePercent), "core_count": JSONValue(coreCount),
        "load_avg": .array(loadAverage.map { .number($0) }), "cores": .array(cores.map { $0.json }),
      ]
    }
  }

  /// Usage of one processor.
  public struct Core: Sendable, Equatable {
    /// The kernel's number of the processor.
    public var id: Int
    /// Percent of its time, 0 to 100.
    public var usagePercent: Double

    /// Creates an entry.
    public init(id: Int, usagePercent: Double) {
      self.id = id
      self.usagePercent = usagePercent
    }

    init?(_ json: JSONValue) {
      guard let object = json.objectValue, let id = object["id"]?.integerValue.flatMap({ Int(exactly: $0) })
      else { return nil }
      self.init(id: id, usagePercent: object["usage_pct"]?.doubleValue ?? 0)
    }

    var json: JSONValue { ["id": JSONValue(id), "usage_pct": .number(usagePercent)] }
  }

  /// Usage of memory and swap, in bytes.
  public struct Memory: Sendable, Equatable {
    /// Usable memory of the machine.
    public var totalBytes: UInt64
    /// Memory in use, without buffers and caches.
    public var usedBytes: UInt64
    /// Percent of the memory, 0 to 100.
    public var usagePercent: Double
    /// Memory that new programs can get without swapping.
    public var availableBytes: UInt64?
    /// Size of all swap areas.
    public var swapTotalBytes: UInt64?
    /// Swap in use.
    public var swapUsedBytes: UInt64?

    /// Creates a part of a payload.
    public init(
      totalBytes: UInt64, usedBytes: UInt64, usagePercent: Double, availableBytes: UInt64? = nil,
      swapTotalBytes: UInt64? = nil, swapUsedBytes: UInt64? = nil
    ) {
      self.totalBytes = totalBytes
      self.usedBytes = usedBytes
      self.usagePercent = usagePercent
      self.availableBytes = availableBytes
      self.swapTotalBytes = swapTotalBytes
      self.swapUsedBytes = swapUsedBytes
    }

    /// Decodes the part.
    ///
    /// - Returns: nil when `json` is not an object.
    public init?(_ json: JSONValue) {
      guard let object = json.objectValue else { return nil }
      totalBytes = object["total_bytes"]?.unsignedValue ?? 0
      usedBytes = object["used_bytes"]?.unsignedValue ?? 0
      usagePercent = object["usage_pct"]?.doubleValue ?? 0
      availableBytes = object["available_bytes"]?.unsignedValue
      swapTotalBytes = object["swap_total_bytes"]?.unsignedValue
      swapUsedBytes = object["swap_used_bytes"]?.unsignedValue
    }

    /// The part as JSON.
    public var json: JSONValue {
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

  /// Usage of one file system, and the traffic of its device.
  public struct Disk: Sendable, Equatable {
    /// The kernel's name of the device, or the dataset of a zfs mount; empty when unknown.
    public var device: String
    /// The path of the mount.
    public var mountpoint: String
    /// Size in bytes.
    public var totalBytes: UInt64
    /// Bytes in use.
    public var usedBytes: UInt64
    /// Percent of the bytes that users can have, 0 to 100.
    public var usagePercent: Double
    /// Traffic of the device.
    public var io: DiskIO?
    /// The type of the file system, such as `ext4`.
    public var filesystem: String?
    /// Inodes of the file system; nil where the number is not fixed.
    public var inodesTotal: UInt64?
    /// Inodes in use.
    public var inodesUsed: UInt64?
    /// Whether the file system is mounted read-only.
    public var isReadOnly: Bool

    /// Creates an entry.
    public init(
      device: String, mountpoint: String, totalBytes: UInt64, usedBytes: UInt64, usagePercent: Double,
      io: DiskIO? = nil, filesystem: String? = nil, inodesTotal: UInt64? = nil, inodesUsed: UInt64? = nil,
      isReadOnly: Bool = false
    ) {
      self.device = device
      self.mountpoint = mountpoint
      self.totalBytes = totalBytes
      self.usedBytes = usedBytes
      self.usagePercent = usagePercent
      self.io = io
      self.filesystem = filesystem
      self.inodesTotal = inodesTotal
      self.inodesUsed = inodesUsed
      self.isReadOnly = isReadOnly
    }

    /// Decodes an entry.
    ///
    /// - Returns: nil when `json` is not an object.
    public init?(_ json: JSONValue) {
      guard let object = json.objectValue else { return nil }
      mountpoint = object["mountpoint"]?.stringValue ?? ""
      device = object["device"]?.stringValue ?? ""
      totalBytes = object["total_bytes"]?.unsignedValue ?? 0
      usedBytes = object["used_bytes"]?.unsignedValue ?? 0
      usagePercent = object["usage_pct"]?.doubleValue ?? 0
      io = object["io"].flatMap { DiskIO($0) }
      filesystem = object["fstype"]?.stringValue
      inodesTotal = object["inodes_total"]?.unsignedValue
      inodesUsed = object["inodes_used"]?.unsignedValue
      isReadOnly = object["read_only"]?.boolValue ?? false
    }

    /// The entry as JSON.
    public var json: JSONValue {
      var object: JSONObject = [
        "device": .string(device), "mountpoint": .string(mountpoint), "total_bytes": JSONValue(totalBytes),
        "used_bytes": JSONValue(usedBytes), "usage_pct": .number(usagePercent),
      ]
      object.append("io", ifPresent: io?.json)
      object.append("fstype", ifPresent: filesystem.map { .string($0) })
      object.append("inodes_total", ifPresent: inodesTotal.map { JSONValue($0) })
      object.append("inodes_used", ifPresent: inodesUsed.map { JSONValue($0) })
      object.append("read_only", ifPresent: isReadOnly ? .bool(true) : nil)
      return .object(object)
    }
  }

  /// Traffic of a block device since the sample before.
  public struct DiskIO: Sendable, Equatable {
    /// Bytes read a second.
    public var readBytesPerSecond: UInt64
    /// Bytes written a second.
    public var writeBytesPerSecond: UInt64
    /// Completed reads a second.
    public var readIOPS: UInt64
    /// Completed writes a second.
    public var writeIOPS: UInt64
    /// Percent of the time in which a request was in flight, 0 to 100.
    public var utilPercent: Double

    /// Creates a part of an entry.
    public init(
      readBytesPerSecond: UInt64, writeBytesPerSecond: UInt64, readIOPS: UInt64, writeIOPS: UInt64,
      utilPercent: Double
    ) {
      self.readBytesPerSecond = readBytesPerSecond
      self.writeBytesPerSecond = writeBytesPerSecond
      self.readIOPS = readIOPS
      self.writeIOPS = writeIOPS
      self.utilPercent = utilPercent
    }

    init?(_ json: JSONValue) {
      guard let object = json.objectValue else { return nil }
      readBytesPerSecond = object["read_bytes_per_s"]?.unsignedValue ?? 0
      writeBytesPerSecond = object["write_bytes_per_s"]?.unsignedValue ?? 0
      readIOPS = object["read_iops"]?.unsignedValue ?? 0
      writeIOPS = object["write_iops"]?.unsignedValue ?? 0
      utilPercent = object["util_pct"]?.doubleValue ?? 0
    }

    var json: JSONValue {
      [
        "read_bytes_per_s": JSONValue(readBytesPerSecond),
        "write_bytes_per_s": JSONValue(writeBytesPerSecond),
        "read_iops": JSONValue(readIOPS), "write_iops": JSONValue(writeIOPS),
        "util_pct": .number(utilPercent),
      ]
    }
  }

  /// Counters of one network interface since boot, and its rates since the sample before.
  public struct Interface: Sendable, Equatable {
    /// The name of the interface.
    public var interface: String
    /// Bytes sent since boot.
    public var bytesSent: UInt64
    /// Bytes received since boot.
    public var bytesReceived: UInt64
    /// Whether the interface is administratively up.
    public var isUp: Bool
    /// Receive errors since boot.
    public var rxErrors: UInt64
    /// Transmit errors since boot.
    public var txErrors: UInt64
    /// Bytes received a second; nil without an earlier sample, and from agents of earlier versions.
    public var rxBytesPerSecond: UInt64?
    /// Bytes sent a second; nil without an earlier sample, and from agents of earlier versions.
    public var txBytesPerSecond: UInt64?
    /// Whether another interface counts the same traffic, as below a bond, VLAN, bridge or tunnel; nil when unknown.
    public var isStacked: Bool?

    /// Creates an entry.
    public init(
      interface: String, bytesSent: UInt64, bytesReceived: UInt64, isUp: Bool, rxErrors: UInt64 = 0,
      txErrors: UInt64 = 0, rxBytesPerSecond: UInt64? = nil, txBytesPerSecond: UInt64? = nil,
      isStacked: Bool? = nil
    ) {
      self.interface = interface
      self.bytesSent = bytesSent
      self.bytesReceived = bytesReceived
      self.isUp = isUp
      self.rxErrors = rxErrors
      self.txErrors = txErrors
      self.rxBytesPerSecond = rxBytesPerSecond
      self.txBytesPerSecond = txBytesPerSecond
      self.isStacked = isStacked
    }

    /// Decodes an entry.
    ///
    /// - Returns: nil when `json` is not an object.
    public init?(_ json: JSONValue) {
      guard let object = json.objectValue else { return nil }
      interface = object["interface"]?.stringValue ?? ""
      bytesSent = object["bytes_sent"]?.unsignedValue ?? 0
      bytesReceived = object["bytes_recv"]?.unsignedValue ?? 0
      isUp = object["is_up"]?.boolValue ?? false
      rxErrors = object["rx_errors"]?.unsignedValue ?? 0
      txErrors = object["tx_errors"]?.unsignedValue ?? 0
      rxBytesPerSecond = object["rx_bytes_per_s"]?.unsignedValue
      txBytesPerSecond = object["tx_bytes_per_s"]?.unsignedValue
      isStacked = object["stacked"]?.boolValue
    }

    /// The entry as JSON.
    public var json: JSONValue {
      var object: JSONObject = [
        "interface": .string(interface), "bytes_sent": JSONValue(bytesSent),
        "bytes_recv": JSONValue(bytesReceived), "is_up": .bool(isUp), "rx_errors": JSONValue(rxErrors),
        "tx_errors": JSONValue(txErrors),
      ]
      object.append("rx_bytes_per_s", ifPresent: rxBytesPerSecond.map { JSONValue($0) })
      object.append("tx_bytes_per_s", ifPresent: txBytesPerSecond.map { JSONValue($0) })
      object.append("stacked", ifPresent: isStacked.map { .bool($0) })
      return .object(object)
    }
  }

  /// Pressure stall information (Documentation/accounting/psi.rst of the kernel).
  public struct Pressure: Sendable, Equatable {
    /// Percent of the last ten seconds in which tasks waited, 0 to 100.
    public struct Averages: Sendable, Equatable {
      /// Some tasks waited.
      public var some: Double?
      /// All tasks that were not idle waited.
      public var full: Double?

      /// Creates a part of ``Pressure``.
      public init(some: Double? = nil, full: Double? = nil) {
        self.some = some
        self.full = full
      }

      init?(_ json: JSONValue) {
        guard let object = json.objectValue else { return nil }
        some = object["some_avg10"]?.doubleValue
        full = object["full_avg10"]?.doubleValue
      }

      var json: JSONValue {
        var object = JSONObject()
        object.append("some_avg10", ifPresent: some.map { .number($0) })
        object.append("full_avg10", ifPresent: full.map { .number($0) })
        return .object(object)
      }
    }

    /// Waiting for a processor.
    public var cpu: Averages?
    /// Waiting for memory.
    public var memory: Averages?
    /// Waiting for I/O.
    public var io: Averages?

    /// Creates a part of a payload.
    public init(cpu: Averages? = nil, memory: Averages? = nil, io: Averages? = nil) {
      self.cpu = cpu
      self.memory = memory
      self.io = io
    }

    init?(_ json: JSONValue) {
      guard let object = json.objectValue else { return nil }
      cpu = object["cpu"].flatMap { Averages($0) }
      memory = object["memory"].flatMap { Averages($0) }
      io = object["io"].flatMap { Averages($0) }
    }

    var json: JSONValue {
      var object = JSONObject()
      object.append("cpu", ifPresent: cpu?.json)
      object.append("memory", ifPresent: memory?.json)
      object.append("io", ifPresent: io?.json)
      return .object(object)
    }
  }
}

extension TelemetryPayload {
  /// The payload in at most `limit` bytes. Where it is larger, processors, disks and interfaces are left out and counted in
  /// ``omitted``; the root disk, the fullest disks and the interfaces with the most traffic are kept.
  public func fitting(_ limit: Int) -> TelemetryPayload {
    guard JSONWriter.encode(json).count > limit else { return self }
    let cores = cpu?.cores ?? []
    let lists = [
      ListFitting.List("cores", cores.map { $0.json }),
      ListFitting.List("disks", disks.map { $0.json }, priorities: disks.map { $0.priority }),
      ListFitting.List("network", network.map { $0.json }, priorities: network.map { $0.priority }),
    ]
    var shortened = self
    shortened.cpu?.cores = []
    shortened.disks = []
    shortened.network = []
    let fitting = ListFitting(lists, room: limit - JSONWriter.encode(shortened.json).count)
    shortened.cpu?.cores = (fitting.kept["cores"] ?? []).map { cores[$0] }
    shortened.disks = (fitting.kept["disks"] ?? []).map { disks[$0] }
    shortened.network = (fitting.kept["network"] ?? []).map { network[$0] }
    shortened.omitted = fitting.omitted
    return shortened
  }
}

extension TelemetryPayload.Disk {
  fileprivate var priority: Double {
    if mountpoint.hasSameBytes(as: "/") { return 200 }
    return isReadOnly ? 0 : usagePercent
  }
}

extension TelemetryPayload.Interface {
  fileprivate var priority: Double {
    isStacked == true ? 0 : Double(bytesReceived) + Double(bytesSent) + (isUp ? 1 : 0.5)
  }
}

import JSON
import JetStream

/// Checks whether the servers have room for the reservations of streams and buckets. No I/O.
struct StorageCapacity: Sendable {
  /// The additional reservation of one stream.
  struct Demand: Sendable, Hashable {
    var stream: String
    /// The key in `platform.yaml` that sets its size.
    var key: String
    /// The configured size, in bytes.
    var size: Int64
    /// The bytes still to be reserved for each replica.
    var missing: Int64
  }

  /// The JetStream storage of one server.
  struct Server: Sendable, Hashable {
    var name: String
    /// The limit on disk, in bytes: `max_file_store`.
    var limit: Int64
    /// The bytes reserved by streams.
    var reserved: Int64

    var free: Int64 { max(0, limit.subtractingReportingOverflow(reserved).partialValue) }

    init(name: String, limit: Int64, reserved: Int64) {
      self.name = name
      self.limit = limit
      self.reserved = reserved
    }

    /// Decodes a response to `$SYS.REQ.SERVER.PING`; nil for a server without JetStream.
    init?(_ answer: JSONObject) {
      guard let server = answer["server"]?.objectValue,
        let jetStream = answer["statsz"]?.objectValue?["jetstream"]?.objectValue,
        let limit = jetStream["config"]?.objectValue?["max_storage"]?.integerValue
      else { return nil }
      name = server["name"]?.stringValue ?? "?"
      self.limit = limit
      reserved = jetStream["stats"]?.objectValue?["reserved_storage"]?.integerValue ?? 0
    }
  }

  var demands: [Demand]
  var replicas: Int

  /// The shortage, with the keys to lower; nil when there is enough room.
  ///
  /// - Parameter accountFree: The bytes that the account limits leave for all replicas; nil without limits.
  func problem(servers: [Server], accountFree: Int64?) -> String? {
    let demand = demands.reduce(0) { Self.sum($0, $1.missing) }
    guard demand > 0 else { return nil }
    if let accountFree {
      let total = Self.times(demand, replicas)
      if total > accountFree {
        return text(of: total, free: accountFree, where: "the limits of the account leave", "raise them")
      }
    }
    guard !servers.isEmpty else { return nil }
    guard servers.count >= replicas else {
      return
        "streams.replicas is \(replicas), and \(servers.count) servers have JetStream: lower it, or add servers"
    }
    let raise = "raise max_file_store (jetstream { max_file }) or the room on the disk of its store_dir"
    // Every server has a replica of everything.
    if servers.count == replicas, let tightest = servers.min(by: { $0.free < $1.free }),
      tightest.free < demand
    {
      return text(of: demand, free: tightest.free, where: "server \(tightest.name) has", raise)
    }
    let free = servers.reduce(0) { Self.sum($0, $1.free) }
    let total = Self.times(demand, replicas)
    guard free < total else { return nil }
    return text(of: total, free: free, where: "the servers have", raise)
  }

  /// The sum, saturating.
  private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  /// The product, saturating.
  private static func times(_ size: Int64, _ count: Int) -> Int64 {
    let (product, overflow) = size.multipliedReportingOverflow(by: Int64(count))
    return overflow ? .max : product
  }

  private func text(of demand: Int64, free: Int64, where place: String, _ advice: String) -> String {
    let largest = demands.filter { $0.missing > 0 }.sorted { ($1.missing, $0.key) < ($0.missing, $1.key) }
    let keys = largest.map { "\($0.key) (\($0.stream), \(Self.sizeText($0.size)))" }.joined(separator: ", ")
    return
      "\(place) room for \(Self.sizeText(free)) of the \(Self.sizeText(demand)) that streams still reserve: lower \(keys), or \(advice)"
  }

  /// A size in the format of `platform.yaml`.
  static func sizeText(_ bytes: Int64) -> String {
    for (unit, shift) in [("GiB", Int64(30)), ("MiB", 20), ("KiB", 10)] where bytes >= 1 << shift {
      let tenths = ((bytes >> (shift - 10)) * 10) >> 10
      return tenths % 10 == 0 ? "\(tenths / 10)\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
    }
    return "\(bytes) bytes"
  }
}

extension StorageCapacity {
  /// The storage that the platform needs with these settings, beyond the existing reservations.
  static func needed(
    _ settings: StorageSettings, _ jetStream: JetStream, record: JetStream
  ) async throws(JetStreamError) -> StorageCapacity {
    var room = StorageCapacity(demands: [], replicas: settings.replicas)
    let names = [
      PlatformStorage.telemetryStream: "telemetry", PlatformStorage.eventsStream: "events",
      PlatformStorage.commandsStream: "commands", PlatformStorage.resultsStream: "results",
      PlatformStorage.auditStream: "audit",
    ]
    for stream in settings.streams + [settings.auditStream] {
      let owner = stream.name == PlatformStorage.auditStream ? record : jetStream
      let key = "streams.\(names[stream.name] ?? stream.name).max_bytes"
      room.demands.append(
        Demand(
          stream: stream.name, key: key, size: stream.maxBytes,
          missing: try await missing(stream.maxBytes, stream.name, owner)))
    }
    for (bucket, bytes) in settings.bucketBytes.sorted(by: { $0.key < $1.key }) {
      let key = SettingKeys.limit(ofBucket: bucket)
      room.demands.append(
        Demand(
          stream: "KV_\(bucket)", key: key, size: bytes,
          missing: try await missing(bytes, "KV_\(bucket)", jetStream)))
    }
    return room
  }

  private static func missing(
    _ bytes: Int64, _ stream: String, _ jetStream: JetStream
  ) async throws(JetStreamError) -> Int64 {
    do throws(JetStreamError) {
      return bytes - max(0, try await jetStream.stream(stream).configuration.maxBytes)
    } catch  where error.code == .notFound {
      return bytes
    }
  }
}

extension StreamInfo {
  /// The used part of the size limit in percent, 0 to 100; nil without a limit.
  var usedPercent: Double? {
    guard configuration.maxBytes > 0 else { return nil }
    return min(100, Double(state.bytes) * 100 / Double(configuration.maxBytes))
  }
}

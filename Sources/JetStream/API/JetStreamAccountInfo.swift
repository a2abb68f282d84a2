import JSON

/// The JetStream usage and limits of an account.
public struct JetStreamAccountInfo: Sendable, Hashable {
  /// Used memory in bytes.
  public var memory: UInt64
  /// Used disk space in bytes.
  public var storage: UInt64
  /// Number of streams.
  public var streams: Int
  /// Number of consumers.
  public var consumers: Int
  /// Limits of disk space in bytes by the number of replicas, or the total limit under 0. Negative for no limit.
  public var storageLimits: [Int: Int64]
  /// Disk space in bytes reserved by streams, by the same keys.
  public var reservedStorage: [Int: UInt64]
  /// The JetStream domain of the server; nil without one.
  public var domain: String?

  init(_ reply: JSONObject) {
    memory = reply.sequence("memory")
    storage = reply.sequence("storage")
    streams = reply.count("streams")
    consumers = reply.count("consumers")
    storageLimits = [0: reply.object("limits")["max_storage"]?.integerValue ?? -1]
    reservedStorage = [0: reply.sequence("reserved_storage")]
    for (replicas, name) in [(1, "R1"), (3, "R3"), (5, "R5")] {
      guard let tier = reply.object("tiers")[name]?.objectValue else { continue }
      storageLimits[replicas] = tier.object("limits")["max_storage"]?.integerValue ?? -1
      reservedStorage[replicas] = tier.sequence("reserved_storage")
    }
    domain = reply["domain"]?.stringValue
  }
}

extension JetStream {
  /// Returns the usage and limits of the account.
  ///
  /// - Throws: ``JetStreamError/Code/noResponders`` if JetStream is not available.
  public func accountInfo() async throws(JetStreamError) -> JetStreamAccountInfo {
    JetStreamAccountInfo(try await request("INFO", about: "the account"))
  }
}

import JSON

/// What an account uses of JetStream, and may use.
public struct JetStreamAccountInfo: Sendable, Hashable {
  /// Bytes in memory.
  public var memory: UInt64
  /// Bytes on disk.
  public var storage: UInt64
  /// Streams there are.
  public var streams: Int
  /// Consumers there are.
  public var consumers: Int
  /// The most bytes on disk by the number of copies, or of all together under 0; negative for no limit.
  public var storageLimits: [Int: Int64]
  /// Bytes on disk that streams have reserved, in the same way.
  public var reservedStorage: [Int: UInt64]
  /// The domain of the server, if it has one.
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
  /// What the account uses of JetStream.
  ///
  /// - Throws: ``JetStreamError/Code/noResponders`` without JetStream.
  public func accountInfo() async throws(JetStreamError) -> JetStreamAccountInfo {
    JetStreamAccountInfo(try await request("INFO", about: "the account"))
  }
}

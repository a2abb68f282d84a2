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
  /// The domain of the server, if it has one.
  public var domain: String?

  init(_ reply: JSONObject) {
    memory = reply.sequence("memory")
    storage = reply.sequence("storage")
    streams = reply.count("streams")
    consumers = reply.count("consumers")
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

import Encoding
import JSON
public import NATS
import NIOCore

extension JetStream {
  /// Returns the message with a sequence; nil if it was removed or does not exist yet.
  ///
  /// - Parameter fromLeader: whether to read from the leader of the stream, which has all acknowledged messages. Otherwise any
  ///   replica may respond if the stream allows it, which may be behind the leader.
  /// - Throws: ``JetStreamError/Code/notFound`` if the stream does not exist.
  public func getMessage(
    stream: String, sequence: UInt64, fromLeader: Bool = false
  ) async throws(JetStreamError) -> StoredMessage? {
    try await message(stream, ["seq": JSONValue(sequence)], fromLeader: fromLeader)
  }

  /// Returns the last message on a subject; nil if there is none.
  ///
  /// - Parameter fromLeader: whether to read from the leader of the stream, which has all acknowledged messages. Otherwise any
  ///   replica may respond if the stream allows it, which may be behind the leader.
  /// - Throws: ``JetStreamError/Code/notFound`` if the stream does not exist.
  public func getLastMessage(
    stream: String, subject: String, fromLeader: Bool = false
  ) async throws(JetStreamError) -> StoredMessage? {
    try await message(stream, ["last_by_subj": .string(subject)], fromLeader: fromLeader)
  }

  private func message(
    _ stream: String, _ query: JSONObject, fromLeader: Bool
  ) async throws(JetStreamError) -> StoredMessage? {
    try Name.check(stream, of: "stream")
    if !fromLeader {
      switch try await directMessage(stream, query) {
      case .found(let message): return message
      case .absent: return nil
      case .notAllowed: break
      }
    }
    let what = "a message of stream \(stream)"
    do throws(JetStreamError) {
      let reply = try await request("STREAM.MSG.GET.\(stream)", query, about: what)
      guard let message = StoredMessage(reply.object("message")) else { throw .unusable(what) }
      return message
    } catch let error where error.code == .notFound {
      // Throws if it is the stream that does not exist.
      _ = try await self.stream(stream)
      return nil
    }
  }

  private enum DirectResult {
    case found(StoredMessage)
    case absent
    /// Direct access is not allowed or no replica answered, or the stream does not exist.
    case notAllowed
  }

  /// Requests a message from any of the replicas (ADR-31).
  private func directMessage(_ stream: String, _ query: JSONObject) async throws(JetStreamError)
    -> DirectResult
  {
    let what = "a message of stream \(stream)"
    let reply: NATSMessage
    switch await sendRequest(
      JSONWriter.encode(.object(query)), "\(apiPrefix).DIRECT.GET.\(stream)",
      timeout: min(timeout, .seconds(2)))
    {
    case .success(let message): reply = message
    // A replica may have failed with the request. The leader serves every stream.
    case .failure(let error) where error.code == .noResponders || error.code == .timeout: return .notAllowed
    case .failure(let error): throw JetStreamError(error, about: what)
    }
    if let status = reply.status {
      if status.code == 404 { return .absent }
      return .notAllowed
    }
    guard let message = StoredMessage(direct: reply) else { throw .unusable(what) }
    return .found(message)
  }
}

extension StoredMessage {
  /// Decodes the response of `STREAM.MSG.GET`.
  init?(_ json: JSONObject) {
    let sequence = json.sequence("seq")
    guard sequence > 0, let payload = Base64.decode(json.text("data"), ignoringTrailingBits: true) else {
      return nil
    }
    self.init(
      subject: json.text("subject"), sequence: sequence, time: json.time("time"), headers: nil,
      payload: payload)
    if let encoded = json["hdrs"]?.stringValue {
      guard let bytes = Base64.decode(encoded, ignoringTrailingBits: true) else { return nil }
      headers = NATSHeaders(wire: bytes)
    }
  }

  /// Decodes the response of `DIRECT.GET`: the message with additional headers.
  init?(direct reply: NATSMessage) {
    guard let all = reply.headers, let subject = all["Nats-Subject"],
      let sequence = all["Nats-Sequence"].flatMap({ UInt64($0) })
    else { return nil }
    var own = NATSHeaders()
    for field in all.fields where !Self.metadataHeaders.contains(field.name) {
      // Header lines that the client can't encode are skipped.
      try? own.append(field.name, field.value)
    }
    self.init(
      subject: subject, sequence: sequence, time: all["Nats-Time-Stamp"].flatMap(RFC3339.seconds) ?? 0,
      headers: own.isEmpty ? nil : own, payload: Array(reply.payload.readableBytesView))
  }

  private static let metadataHeaders: Set<String> = [
    "Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Num-Pending",
    "Nats-Last-Sequence", "Nats-UpTo-Sequence",
  ]
}

/// A message stored in a stream.
public struct StoredMessage: Sendable, Hashable {
  /// The subject it was published to.
  public var subject: String
  /// Its sequence in the stream.
  public var sequence: UInt64
  /// When the stream stored it, in Unix seconds.
  public var time: Double
  /// Its headers; nil if there are none.
  public var headers: NATSHeaders?
  /// Its payload.
  public var payload: [UInt8]
}

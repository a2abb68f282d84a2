import JSON
import NATS
import NIOCore

extension JetStream {
  /// The message of this number; nil if it is not there any more, or not yet.
  ///
  /// - Parameter fromLeader: asks the leader of the stream, which knows everything that was acknowledged. Otherwise any copy
  ///   answers where the stream allows it, which may be a little behind.
  /// - Throws: ``JetStreamError/Code/notFound`` without such a stream.
  public func getMessage(
    stream: String, sequence: UInt64, fromLeader: Bool = false
  ) async throws(JetStreamError) -> StoredMessage? {
    try await message(stream, ["seq": JSONValue(sequence)], fromLeader: fromLeader)
  }

  /// The newest message of a subject; nil if there is none.
  ///
  /// - Parameter fromLeader: asks the leader of the stream, which knows everything that was acknowledged. Otherwise any copy
  ///   answers where the stream allows it, which may be a little behind.
  /// - Throws: ``JetStreamError/Code/notFound`` without such a stream.
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
      // The message, or the whole stream?
      _ = try await self.stream(stream)
      return nil
    }
  }

  private enum Direct {
    case found(StoredMessage)
    case absent
    /// Nobody answers directly for this stream, if there is one.
    case notAllowed
  }

  /// Asks any of the copies (ADR-31).
  private func directMessage(_ stream: String, _ query: JSONObject) async throws(JetStreamError) -> Direct {
    let what = "a message of stream \(stream)"
    let reply: NATSMessage
    switch await ask(
      JSONWriter.encode(.object(query)), "\(apiPrefix).DIRECT.GET.\(stream)",
      timeout: min(timeout, .seconds(2)))
    {
    case .success(let message): reply = message
    // A copy may have died with the question; the leader can be asked about every stream.
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
  /// From the answer of `STREAM.MSG.GET`.
  init?(_ json: JSONObject) {
    let sequence = json.sequence("seq")
    guard sequence > 0, let payload = Base64.decode(json.text("data")) else { return nil }
    self.init(
      subject: json.text("subject"), sequence: sequence, time: json.time("time"), headers: nil,
      payload: payload)
    if let encoded = json["hdrs"]?.stringValue {
      guard let bytes = Base64.decode(encoded) else { return nil }
      headers = NATSHeaders(wire: bytes)
    }
  }

  /// From the answer of `DIRECT.GET`, which is the message with headers about it.
  init?(direct reply: NATSMessage) {
    guard let all = reply.headers, let subject = all["Nats-Subject"],
      let sequence = all["Nats-Sequence"].flatMap({ UInt64($0) })
    else { return nil }
    var own = NATSHeaders()
    for field in all.fields where !Self.added.contains(field.name) {
      // A line that the server could send, but that can't be written, is no use to anybody.
      try? own.append(field.name, field.value)
    }
    self.init(
      subject: subject, sequence: sequence, time: all["Nats-Time-Stamp"].flatMap(Timestamp.seconds) ?? 0,
      headers: own.isEmpty ? nil : own, payload: Array(reply.payload.readableBytesView))
  }

  private static let added: Set<String> = [
    "Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Num-Pending",
    "Nats-Last-Sequence", "Nats-UpTo-Sequence",
  ]
}

import JSON
import JetStream
import NIOCore
public import PlatformAPI

extension AuditLog {
  /// How many entries, from the newest on, are looked through at most.
  static let maximumScanned: UInt64 = 100_000
  static let defaultListed = 100
  static let maximumListed = 1_000

  /// What answers ``APIMethod/auditList``.
  ///
  /// - Parameter resolver: finds an agent by a reference; nil = objects are compared as they are given.
  public func handlers(resolver: (any AgentResolving)? = nil) -> [APIMethod: APIHandler] {
    [
      .auditList: { call throws(APIError) in
        let params = try call.decode(Requests.ListAudit.self)
        let limit = params.limit ?? Self.defaultListed
        guard (1...Self.maximumListed).contains(limit) else {
          throw APIError(.invalid, "limit goes from 1 to \(Self.maximumListed), not \(limit)")
        }
        guard let object = params.object else { return try call.result(await self.entries(limit: limit)) }
        guard (1...256).contains(object.utf8.count) else {
          throw APIError(.invalid, "object has 1 to 256 bytes")
        }
        var objects: Set = [object, object.lowercased()]
        // A reference that fits no agent may still be a command or an operator.
        if let uuid = try? resolver?.resolve(object) { objects.insert(uuid) }
        return try call.result(await self.entries(of: objects, limit: limit))
      }
    ]
  }

  /// The newest entries, the newest first.
  ///
  /// - Parameter objects: what they are about, as their object or as `agent` or `command` of their details; nil = all.
  public func entries(of objects: Set<String>? = nil, limit: Int) async throws(APIError) -> [AuditEntry] {
    do throws(JetStreamError) {
      return try await readBackwards(objects, limit: limit)
    } catch {
      throw APIError(.unavailable, "the audit record can't be read now, try again: \(error)")
    }
  }

  /// Reads the end of the stream, and what is before it as long as too little was found.
  private func readBackwards(_ objects: Set<String>?, limit: Int) async throws(JetStreamError) -> [AuditEntry]
  {
    let state = try await jetStream.stream(Self.streamName).state
    var found: [AuditEntry] = []
    guard state.messages > 0 else { return found }
    var end = state.lastSequence
    var window = objects == nil ? UInt64(limit) : 4_000
    let oldest = max(state.firstSequence, end > Self.maximumScanned ? end - Self.maximumScanned + 1 : 1)
    while found.count < limit, end >= oldest {
      let start = end >= oldest + window ? end - window + 1 : oldest
      let entries = try await read(start...end, objects, limit: limit - found.count)
      found += entries.reversed()
      end = start - 1
      window *= 4
    }
    return found
  }

  /// The newest `limit` entries of a part of the stream, the oldest first.
  private func read(
    _ sequences: ClosedRange<UInt64>, _ objects: Set<String>?, limit: Int
  ) async throws(JetStreamError) -> [AuditEntry] {
    let options = OrderedConsumerOptions(deliverPolicy: .startSequence(sequences.lowerBound), batch: 2_000)
    var entries: [AuditEntry] = []
    for try await message in jetStream.orderedConsumer(stream: Self.streamName, options) {
      if message.streamSequence > sequences.upperBound { break }
      // What is no entry was not written by the platform.
      if let entry = try? APICoding.decode(AuditEntry.self, from: Array(message.payload.readableBytesView)),
        objects.map({ Self.isAbout($0, entry) }) ?? true
      {
        entries.append(entry)
        if entries.count >= 2 * limit { entries.removeFirst(entries.count - limit) }
      }
      if message.streamSequence == sequences.upperBound || message.pending == 0 { break }
    }
    return entries.suffix(limit)
  }

  private static func isAbout(_ objects: Set<String>, _ entry: AuditEntry) -> Bool {
    if objects.contains(entry.object) { return true }
    guard let details = entry.details.objectValue else { return false }
    return ["agent", "command"].contains { key in
      details[key]?.stringValue.map(objects.contains) ?? false
    }
  }
}

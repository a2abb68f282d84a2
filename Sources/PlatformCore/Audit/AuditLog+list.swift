import JSON
import JetStream
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
        var filter = try AuditFilter(params, at: Registry.unixTime)
        // A reference that fits no agent may still be a command or an operator.
        if let object = params.object, let uuid = try? resolver?.resolve(object) {
          filter.objects?.insert(uuid)
        }
        return try call.result(await self.entries(filter, limit: limit))
      }
    ]
  }

  /// The newest entries, the newest first.
  ///
  /// - Parameter objects: what they are about, as their object or as `agent` or `command` of their details; nil = all.
  public func entries(of objects: Set<String>? = nil, limit: Int) async throws(APIError) -> [AuditEntry] {
    try await entries(AuditFilter(objects: objects), limit: limit)
  }

  /// The newest entries that a filter picks, the newest first.
  func entries(_ filter: AuditFilter, limit: Int) async throws(APIError) -> [AuditEntry] {
    do throws(JetStreamError) {
      return try await readBackwards(filter, limit: limit)
    } catch {
      throw APIError(.unavailable, "the audit record can't be read now, try again: \(error)")
    }
  }

  /// How many entries are asked for at a time.
  private static let batch = 1_000

  /// Reads the end of the stream, and what is before it as long as too little was found.
  private func readBackwards(_ filter: AuditFilter, limit: Int) async throws(JetStreamError) -> [AuditEntry] {
    let state = try await record.stream(Self.streamName).state
    var found: [AuditEntry] = []
    guard state.messages > 0 else { return found }
    var end = state.lastSequence
    var window = filter.picksAll ? UInt64(limit) : 4_000
    let oldest = max(state.firstSequence, end > Self.maximumScanned ? end - Self.maximumScanned + 1 : 1)
    while found.count < limit, end >= oldest {
      let start = end >= oldest + window ? end - window + 1 : oldest
      let part = try await read(start...end, filter, limit: limit - found.count)
      found += part.entries
      // What is before that is older still.
      if part.isOlder { break }
      end = start - 1
      window *= 4
    }
    return found
  }

  /// The newest `limit` entries of a part of the stream, the newest first. They are asked for in batches: a consumer could have the
  /// server publish in the account of the record.
  private func read(
    _ sequences: ClosedRange<UInt64>, _ filter: AuditFilter, limit: Int
  ) async throws(JetStreamError) -> (entries: [AuditEntry], isOlder: Bool) {
    var entries: [AuditEntry] = []
    var isOlder = false
    func take(_ message: StoredMessage) {
      // What is no entry was not written by the platform.
      guard sequences.contains(message.sequence),
        let entry = try? APICoding.decode(AuditEntry.self, from: message.payload)
      else { return }
      if filter.isTooOld(message.time) { isOlder = true }
      guard filter.matches(entry) else { return }
      entries.append(entry)
      if entries.count >= 2 * limit { entries.removeFirst(entries.count - limit) }
    }
    var next = sequences.lowerBound
    while next <= sequences.upperBound {
      let count = Int(min(sequences.upperBound - next, UInt64(Self.batch - 1))) + 1
      let messages = try await record.getMessages(stream: Self.streamName, from: next, count: count)
      for message in messages { take(message) }
      guard let last = messages.last?.sequence, last >= next else { break }
      next = last + 1
    }
    // A copy of the stream may be a little behind its leader.
    while next <= sequences.upperBound {
      guard sequences.upperBound - next < UInt64(Self.batch) else {
        throw JetStreamError(.timeout, "a copy of stream \(Self.streamName) is far behind its leader")
      }
      if let message = try await record.getMessage(
        stream: Self.streamName, sequence: next, fromLeader: true)
      {
        take(message)
      }
      next += 1
    }
    return (entries.suffix(limit).reversed(), isOlder)
  }
}

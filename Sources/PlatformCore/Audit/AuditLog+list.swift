import Clocks
import Encoding
import JSON
import JetStream
public import PlatformAPI

extension AuditLog {
  /// The most entries that are searched, from the newest.
  static let maximumScanned: UInt64 = 100_000
  static let defaultListed = 100
  static let maximumListed = 1_000

  /// The handler of ``APIMethod/auditList``.
  ///
  /// - Parameter resolver: Resolves references to agents; nil: objects are compared literally.
  public func handlers(resolver: (any AgentResolving)? = nil) -> [APIMethod: APIHandler] {
    [
      .auditList: { call throws(APIError) in
        let params = try call.decode(Requests.ListAudit.self)
        let limit = params.limit ?? Self.defaultListed
        guard (1...Self.maximumListed).contains(limit) else {
          throw APIError(.invalid, "limit must be from 1 to \(Self.maximumListed), not \(limit)")
        }
        var filter = try AuditFilter(params, at: WallClock.now)
        // A reference that matches no agent may be a command or an operator.
        if let object = params.object, let uuid = try? resolver?.resolve(object) {
          filter.objects?.insert(ExactString(uuid))
        }
        return try call.result(await self.entries(filter, limit: limit))
      }
    ]
  }

  /// Returns the newest entries, the newest first.
  ///
  /// - Parameter objects: The objects: an entry's object, or the `agent` or `command` of its details; nil: all.
  public func entries(of objects: Set<String>? = nil, limit: Int) async throws(APIError) -> [AuditEntry] {
    try await entries(AuditFilter(objects: objects), limit: limit)
  }

  /// Returns the newest entries that match a filter, the newest first.
  func entries(_ filter: AuditFilter, limit: Int) async throws(APIError) -> [AuditEntry] {
    do throws(JetStreamError) {
      return try await readBackwards(filter, limit: limit)
    } catch {
      throw APIError(.unavailable, "the audit record can't be read now, try again: \(error)")
    }
  }

  /// The entries in one request.
  private static let batch = 1_000

  /// Reads the stream backwards in growing windows until enough entries match.
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
      // All entries before this window are older.
      if part.isOlder { break }
      end = start - 1
      window *= 4
    }
    return found
  }

  /// Returns the newest `limit` matching entries of a range of the stream, the newest first. Reads batches of
  /// messages instead of consuming: a consumer could make the server publish in the account of the record.
  private func read(
    _ sequences: ClosedRange<UInt64>, _ filter: AuditFilter, limit: Int
  ) async throws(JetStreamError) -> (entries: [AuditEntry], isOlder: Bool) {
    var entries: [AuditEntry] = []
    var isOlder = false
    func take(_ message: StoredMessage) {
      // Messages that do not decode were not written by the platform.
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
    // A replica of the stream may be a little behind its leader.
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

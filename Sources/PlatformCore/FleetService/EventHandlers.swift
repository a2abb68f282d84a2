import AgentProtocol
import Clocks
import JSON
import JetStream
import NIOCore
import PlatformAPI

/// The handler of `events.list`. Reads the event and result streams backwards in growing steps until there are enough events.
struct EventHandlers: Sendable {
  let fleet: Fleet
  let jetStream: JetStream
  /// The maximum payload of a message, in bytes.
  let messageLimit: @Sendable () -> Int

  private static let defaultLimit = 200
  private static let limits = 1...1000
  private static let defaultSince: Int64 = 3600
  /// The event types.
  private static let types = ["capabilities", "heartbeat", "telemetry", "result", "alert", "progress"]
  /// The maximum number of messages read for one response.
  private static let maximumMessages: UInt64 = 200_000
  /// The maximum number of bytes read for one response; beyond it, fewer messages are read.
  private static let maximumBytes = 8 << 20

  /// The handlers by method.
  var handlers: [APIMethod: APIHandler] {
    [.eventsList: { call throws(APIError) in try await self.list(call) }]
  }

  private struct Query {
    var stream: String
    var filter: String
    var hasAgent: Bool
    var types: Set<String>?
    /// The earliest arrival time, in unix seconds.
    var since: Double
    var limit: Int
    var room: Int

    /// Removes the oldest events beyond `limit` and `room`.
    func trim(_ events: inout [AgentEventMessage]) {
      var size = 0
      var kept = 0
      for event in events.reversed() where kept < limit {
        size += event.size + 128
        if size > room { break }
        kept += 1
      }
      events.removeFirst(events.count - kept)
    }
  }

  /// The maximum size of an event in a list, in bytes.
  static let maximumEventBytes = 16 * 1024

  private func list(_ call: APICall) async throws(APIError) -> JSONValue {
    let request = try call.decode(Requests.ListEvents.self)
    let limit = request.limit ?? Self.defaultLimit
    guard Self.limits.contains(limit) else {
      throw APIError(.invalid, "\"limit\" is \(limit), expected 1 to 1000")
    }
    let seconds = request.sinceS ?? Self.defaultSince
    guard (1...31_536_000).contains(seconds) else {
      throw APIError(.invalid, "\"since_s\" is \(seconds), expected 1 to 31536000")
    }
    for type in request.types ?? [] where !Self.types.contains(type) {
      throw APIError(
        .invalid,
        "there are no events of type \(SafeText.quoted(type)); there are: \(Self.types.joined(separator: ", "))"
      )
    }
    let uuid: String? = if let reference = request.agent { try fleet.resolve(reference) } else { nil }
    var query = Query(
      stream: PlatformStorage.eventsStream, filter: "agent.vm.\(uuid ?? "*").evt", hasAgent: uuid != nil,
      types: request.types.map { Set($0) }, since: WallClock.now - Double(seconds), limit: limit,
      room: messageLimit() * 3 / 4)
    do throws(JetStreamError) {
      var found: [AgentEventMessage] = []
      if query.types?.contains(Envelope.MessageType.result.rawValue) ?? true {
        var results = query
        results.stream = PlatformStorage.resultsStream
        results.filter = PlatformSubjects.allResults(of: uuid)
        found = try await events(results)
        // Older events would be trimmed again.
        if found.count >= query.limit, let oldest = found.first { query.since = max(query.since, oldest.at) }
      }
      found += try await events(query)
      found.sort { $0.at < $1.at }
      query.trim(&found)
      return .array(found.map(\.json))
    } catch {
      throw FleetHandlers.unavailable(error)
    }
  }

  private func events(_ query: Query) async throws(JetStreamError) -> [AgentEventMessage] {
    let state = try await jetStream.stream(query.stream).state
    guard state.messages > 0 else { return [] }
    // One agent has few events. Of all agents, only the end of the stream is read at first.
    guard !query.hasAgent else {
      var since = query.since
      while true {
        var count = 0
        if let found = try await read(
          query, from: .startTime(since), upTo: state.lastSequence, count: &count)
        {
          return found
        }
        let age = WallClock.now - since
        guard age > 1 else { return [] }
        since = WallClock.now - age / 8
      }
    }
    var span = UInt64(query.limit) * 8
    var isOverLimit = false
    while true {
      let start = max(state.firstSequence, state.lastSequence - min(span, state.lastSequence) + 1)
      var count = 0
      guard
        let found = try await read(
          query, from: .startSequence(start), upTo: state.lastSequence, count: &count)
      else {
        guard span > 1 else { return [] }
        isOverLimit = true
        // As many as could be read, or half of them where their sizes vary.
        span = max(1, min(span / 8, UInt64(count) / 2))
        continue
      }
      let isAll = start <= state.firstSequence || span >= Self.maximumMessages || isOverLimit
      if found.count >= query.limit || isAll { return found }
      if let first = try await jetStream.getMessage(stream: query.stream, sequence: start),
        first.time < query.since
      {
        return found
      }
      span = min(span * 8, Self.maximumMessages)
    }
  }

  /// The newest matching events from a position in the stream; nil when more than ``maximumBytes`` would have to be read.
  ///
  /// - Parameter count: The number of messages read is added to it.
  private func read(
    _ query: Query, from start: ConsumerConfiguration.DeliverPolicy, upTo last: UInt64, count: inout Int
  ) async throws(JetStreamError) -> [AgentEventMessage]? {
    let newest = try await jetStream.getLastMessage(stream: query.stream, subject: query.filter)
    guard let newest, newest.time >= query.since else { return [] }
    // Without stored messages the consumer would wait for new ones.
    switch start {
    case .startTime(let time) where newest.time < time: return []
    case .startSequence(let sequence) where newest.sequence < sequence: return []
    default: break
    }
    var found: [AgentEventMessage] = []
    var bytes = 0
    let options = OrderedConsumerOptions(deliverPolicy: start, filterSubjects: [query.filter])
    for try await message in jetStream.orderedConsumer(stream: query.stream, options) {
      count += 1
      bytes += message.payload.readableBytes
      if bytes > Self.maximumBytes { return nil }
      if let event = event(in: message, query) {
        found.append(event)
        // Trimming moves the remaining elements, so it is not done each time.
        if found.count >= 2 * query.limit { query.trim(&found) }
      }
      if message.pending == 0 || message.streamSequence >= last { break }
    }
    query.trim(&found)
    return found
  }

  private func event(in message: JetStreamMessage, _ query: Query) -> AgentEventMessage? {
    let subject = message.subject
    guard message.time >= query.since,
      let uuid = EventReader.agent(of: subject) ?? PlatformSubjects.parseResult(subject)?.uuid,
      let event = AgentEventMessage(
        parsing: Array(message.payload.readableBytesView), of: uuid, at: message.time),
      query.stream == PlatformStorage.eventsStream || event.type == Envelope.MessageType.result.rawValue
    else { return nil }
    return query.types?.contains(event.type) ?? true ? event.listed(within: Self.maximumEventBytes) : nil
  }
}

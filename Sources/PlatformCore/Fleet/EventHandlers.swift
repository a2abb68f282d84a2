import AgentProtocol
import JSON
import JetStream
import NIOCore
import PlatformAPI

/// Answers `events.list` from the streams of events and results, reading backwards in growing steps until there are enough.
struct EventHandlers: Sendable {
  let fleet: Fleet
  let jetStream: JetStream
  /// The most bytes of a message here.
  let messageLimit: @Sendable () -> Int

  private static let defaultLimit = 200
  private static let limits = 1...1000
  private static let defaultSince: Int64 = 3600
  /// The types of events.
  private static let types = ["capabilities", "heartbeat", "telemetry", "result", "alert", "progress"]
  /// So many messages are looked at for one answer at most.
  private static let mostRead: UInt64 = 200_000
  /// So many bytes are read for one answer at most; where there are more, of fewer messages.
  private static let mostBytes = 8 << 20

  /// The methods.
  var handlers: [APIMethod: APIHandler] {
    [.eventsList: { call throws(APIError) in try await self.list(call) }]
  }

  private struct Query {
    var stream: String
    var filter: String
    var isOfOne: Bool
    var types: Set<String>?
    /// Unix seconds.
    var since: Double
    var limit: Int
    var room: Int

    /// Removes the oldest of what is too much.
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

  /// The most bytes of an event in a list.
  static let largestEvent = 16 * 1024

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
      stream: PlatformStorage.eventsStream, filter: "agent.vm.\(uuid ?? "*").evt", isOfOne: uuid != nil,
      types: request.types.map { Set($0) }, since: WallClock.now - Double(seconds), limit: limit,
      room: messageLimit() * 3 / 4)
    do throws(JetStreamError) {
      var found: [AgentEventMessage] = []
      if query.types?.contains(Envelope.MessageType.result.rawValue) ?? true {
        var results = query
        results.stream = PlatformStorage.resultsStream
        results.filter = PlatformSubjects.allResults(of: uuid)
        found = try await events(results)
        // Of the events only those are wanted that are newer.
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
    // All events of one agent since a time are few; of all agents only the end is read, and more of it if need be.
    guard !query.isOfOne else {
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
    var isTooMuch = false
    while true {
      let start = max(state.firstSequence, state.lastSequence - min(span, state.lastSequence) + 1)
      var count = 0
      guard
        let found = try await read(
          query, from: .startSequence(start), upTo: state.lastSequence, count: &count)
      else {
        guard span > 1 else { return [] }
        isTooMuch = true
        // As many as could be read, or half of them where they differ in size.
        span = max(1, min(span / 8, UInt64(count) / 2))
        continue
      }
      let isAll = start <= state.firstSequence || span >= Self.mostRead || isTooMuch
      if found.count >= query.limit || isAll { return found }
      if let first = try await jetStream.getMessage(stream: query.stream, sequence: start),
        first.time < query.since
      {
        return found
      }
      span = min(span * 8, Self.mostRead)
    }
  }

  /// The newest events from a place in the stream on, as many as are wanted and fit; nil when more than ``mostBytes`` had to be read.
  ///
  /// - Parameter count: counts the messages that were read.
  private func read(
    _ query: Query, from start: ConsumerConfiguration.DeliverPolicy, upTo last: UInt64, count: inout Int
  ) async throws(JetStreamError) -> [AgentEventMessage]? {
    let newest = try await jetStream.getLastMessage(stream: query.stream, subject: query.filter)
    guard let newest, newest.time >= query.since else { return [] }
    // A reader for which there is nothing would wait for what comes.
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
      if bytes > Self.mostBytes { return nil }
      if let event = event(in: message, query) {
        found.append(event)
        // Not each time: it moves what is left.
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
    return query.types?.contains(event.type) ?? true ? event.listed(within: Self.largestEvent) : nil
  }
}

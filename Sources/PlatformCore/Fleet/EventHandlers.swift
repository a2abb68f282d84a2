import JSON
import JetStream
import NIOCore
import PlatformAPI

/// Answers `events.list` from the stream of events, reading backwards in growing steps until there are enough.
struct EventHandlers: Sendable {
  let fleet: Fleet
  let jetStream: JetStream
  /// The most bytes of a message here.
  let messageLimit: @Sendable () -> Int

  private static let defaultLimit = 200
  private static let limits = 1...1000
  private static let defaultSince: Int64 = 3600
  /// So many messages are looked at for one answer at most.
  private static let mostRead: UInt64 = 200_000

  /// The methods.
  var handlers: [APIMethod: APIHandler] {
    [.eventsList: { call throws(APIError) in try await self.list(call) }]
  }

  private struct Query {
    var filter: String
    var types: Set<String>?
    /// Unix seconds.
    var since: Double
    var limit: Int
    var room: Int
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
    var filter = "agent.vm.*.evt"
    if let reference = request.agent { filter = "agent.vm.\(try fleet.resolve(reference)).evt" }
    let query = Query(
      filter: filter, types: request.types.map { Set($0) }, since: WallClock.now - Double(seconds),
      limit: limit, room: messageLimit() * 3 / 4)
    do throws(JetStreamError) {
      return .array(try await events(query).map(\.json))
    } catch {
      throw FleetHandlers.unavailable(error)
    }
  }

  private func events(_ query: Query) async throws(JetStreamError) -> [AgentEventMessage] {
    let state = try await jetStream.stream(PlatformStorage.eventsStream).state
    guard state.messages > 0 else { return [] }
    let isOfOne = query.filter != "agent.vm.*.evt"
    // All events of one agent since a time are few; of all agents only the end is read, and more of it if need be.
    guard !isOfOne else {
      return try await read(query, from: .startTime(query.since), upTo: state.lastSequence)
    }
    var span = UInt64(query.limit) * 8
    while true {
      let start = max(state.firstSequence, state.lastSequence - min(span, state.lastSequence) + 1)
      let found = try await read(query, from: .startSequence(start), upTo: state.lastSequence)
      let isAll = start <= state.firstSequence || span >= Self.mostRead
      if found.count >= query.limit || isAll { return found }
      if let first = try await jetStream.getMessage(stream: PlatformStorage.eventsStream, sequence: start),
        first.time < query.since
      {
        return found
      }
      span = min(span * 8, Self.mostRead)
    }
  }

  /// The newest events from a place in the stream on, as many as are wanted and fit.
  private func read(
    _ query: Query, from start: ConsumerConfiguration.DeliverPolicy, upTo last: UInt64
  ) async throws(JetStreamError) -> [AgentEventMessage] {
    let newest = try await jetStream.getLastMessage(
      stream: PlatformStorage.eventsStream, subject: query.filter)
    guard let newest, newest.time >= query.since else { return [] }
    var found: [AgentEventMessage] = []
    var size = 0
    let options = OrderedConsumerOptions(deliverPolicy: start, filterSubjects: [query.filter])
    for try await message in jetStream.orderedConsumer(stream: PlatformStorage.eventsStream, options) {
      if let event = event(in: message, query) {
        found.append(event)
        size += event.size + 128
        var surplus = 0
        while surplus < found.count, found.count - surplus > query.limit || size > query.room {
          size -= found[surplus].size + 128
          surplus += 1
        }
        if surplus > 0 { found.removeFirst(surplus) }
      }
      if message.pending == 0 || message.streamSequence >= last { break }
    }
    return found
  }

  private func event(in message: JetStreamMessage, _ query: Query) -> AgentEventMessage? {
    guard message.time >= query.since, let uuid = EventReader.agent(of: message.subject),
      let event = AgentEventMessage(
        parsing: Array(message.payload.readableBytesView), of: uuid, at: message.time)
    else { return nil }
    return query.types?.contains(event.type) ?? true ? event.listed(within: Self.largestEvent) : nil
  }
}

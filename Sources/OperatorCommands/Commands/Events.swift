import AgentProtocol
import ArgumentParser
import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

/// `plsctl events`
struct Events: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Show recent events of agents, or follow live ones.",
    discussion: """
      --follow shows new events until Ctrl-C; together with --since, also recent ones.

      EXAMPLES
        plsctl events --type alert --since 24h
        plsctl events --follow --agent web-1
        plsctl events -f --type alert,result -o json | jq .payload.code
      """)

  /// The known event types.
  static let types = ["capabilities", "heartbeat", "telemetry", "result", "alert", "progress"]

  @OptionGroup var options: ConsoleOptions
  @Option(help: "Only events of this agent.", completion: AgentArgument.completion) var agent: String?
  @Option(
    help: ArgumentHelp(
      "capabilities, heartbeat, telemetry, result, alert, progress; separated by commas.", valueName: "types"),
    completion: .list(types))
  var type: String?
  @Option(
    help: ArgumentHelp("Only events no older than this. (default: 1h)", valueName: DurationArgument.valueName)
  )
  var since: DurationArgument?
  @Option(name: [.customShort("n"), .long], help: "The maximum number of past events, 1 to 1000.") var limit =
    200
  @Flag(name: .shortAndLong, help: "Show new events as they arrive.") var follow = false
  @Option(help: "With --follow: exit after this number of events.") var count: Int?

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
    if let count, count < 1 { throw ValidationError("--count takes 1 or more") }
    for name in wanted ?? [] where !Self.types.contains(name) {
      throw ValidationError(
        "\(name.debugDescription) is not an event type; the types are: \(Self.types.joined(separator: ", "))"
      )
    }
  }

  private var wanted: [String]? {
    type.map { text in
      text.split(separator: ",").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let request = Requests.ListEvents(
      agent: agent, types: wanted, sinceS: since?.seconds, limit: limit)
    if !follow {
      let result = try await session.client.call(.eventsList, request)
      let events = try PlatformClient.decode([EventView].self, from: result, of: .eventsList)
      let names = DisplayNameCache(session)
      if options.output == .table { await lookUp(events, names) }
      try session.output.show(result) {
        events.isEmpty
          ? ["no events"]
          : events.map { EventText.line(of: $0, names: names, palette: session.console.palette()) }
      }
      return .done
    }
    try await followEvents(request, session)
    return .done
  }

  /// Looks up the agents and commands of a list of events.
  private func lookUp(_ events: [EventView], _ names: DisplayNameCache) async {
    await names.lookUp(agents: Set(events.map(\.agent)), chosen: agent)
    if events.contains(where: { $0.payload.objectValue?["command_id"]?.stringValue != nil }) {
      await names.lookUp(commandsOf: agent)
    }
  }

  private func followEvents(_ request: Requests.ListEvents, _ session: ConsoleSession) async throws {
    var subjects = (events: "agent.vm.*.evt", results: PlatformSubjects.allResults())
    if let agent {
      guard let identity = AgentUUID(try await session.client.agent(agent).agent.uuid) else {
        throw ConsoleError(.unreachable, "the platform's answer has no valid agent uuid")
      }
      subjects = (AgentSubjects(identity).events, PlatformSubjects.allResults(of: identity.text))
    }
    // The subscription precedes the request for past events, so that none is missed. Duplicates are removed.
    let events = try session.client.subscribe(to: subjects.events)
    defer { events.unsubscribe() }
    let results = try session.client.subscribe(to: subjects.results)
    defer { results.unsubscribe() }
    var shown: Set<JSONValue> = []
    let names = DisplayNameCache(session)
    if since != nil {
      let result = try await session.client.call(.eventsList, request)
      let past = result.arrayValue ?? []
      if options.output == .table {
        await lookUp(try PlatformClient.decode([EventView].self, from: result, of: .eventsList), names)
      }
      for event in past {
        try show(event, names, session)
        if let key = Self.identity(of: event) { shown.insert(key) }
      }
    }
    let progress = Locked(Progress(shown: shown, left: count ?? Int.max))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await message in events {
          let event = event(of: message, at: session.console.now())
          try await lookUp(event, names)
          let isLast = try progress.withLock { try $0.take(event) { try show($0, names, session) } }
          if isLast { return }
        }
      }
      group.addTask {
        for await message in results {
          guard let event = event(of: message, at: session.console.now()) else { continue }
          // Events that arrived before the result are shown before it.
          let earlier = events.received - events.dropped
          try await lookUp(event, names)
          let isLast = try progress.withLock {
            try $0.take(event, after: earlier) { try show($0, names, session) }
          }
          if isLast { return }
        }
      }
      // The first task to return has shown the last event, or the connection is closed.
      try await group.next()
      group.cancelAll()
    }
  }

  /// Merges the two subscriptions and removes duplicates.
  private struct Progress {
    /// Past events that have not arrived live yet.
    var shown: Set<JSONValue>
    /// The number of events still to show.
    var left: Int
    /// The number of messages read from the events subscription.
    private var read: UInt64 = 0
    /// Results that wait for earlier events, with the number of those events.
    private var waiting: [(event: JSONValue, earlier: UInt64)] = []

    init(shown: Set<JSONValue>, left: Int) {
      self.shown = shown
      self.left = left
    }

    /// Shows an event, and the results that waited for it.
    ///
    /// - Parameter event: Nil for a message that is not shown.
    /// - Returns: Whether the last event was shown.
    mutating func take(_ event: JSONValue?, show: (JSONValue) throws -> Void) throws -> Bool {
      read += 1
      if let event { try showNext(event, show) }
      while let first = waiting.first, first.earlier <= read {
        waiting.removeFirst()
        try showNext(first.event, show)
      }
      return left == 0
    }

    /// Shows a result, or defers it until the earlier events are shown.
    mutating func take(_ result: JSONValue, after earlier: UInt64, show: (JSONValue) throws -> Void) throws
      -> Bool
    {
      if earlier <= read {
        try showNext(result, show)
      } else {
        waiting.append((result, earlier))
      }
      return left == 0
    }

    private mutating func showNext(_ event: JSONValue, _ show: (JSONValue) throws -> Void) throws {
      if let key = Events.identity(of: event), shown.remove(key) != nil { return }
      guard left > 0 else { return }
      try show(event)
      left -= 1
    }
  }

  /// Looks up the agent and command of a live event; only for table output.
  private func lookUp(_ event: JSONValue?, _ names: DisplayNameCache) async throws(ConsoleError) {
    guard let event, options.output == .table else { return }
    await names.lookUp(try PlatformClient.decode(EventView.self, from: event, of: .eventsList))
  }

  private func show(_ event: JSONValue, _ names: DisplayNameCache, _ session: ConsoleSession) throws {
    try session.output.showNext(event) {
      let view = try PlatformClient.decode(EventView.self, from: event, of: .eventsList)
      return [EventText.line(of: view, names: names, palette: session.console.palette())]
    }
  }

  /// Converts a message into an event as `events.list` returns it. The agent's uuid is taken from the subject, which the server
  /// authorizes.
  private func event(of message: NATSMessage, at time: Double) -> JSONValue? {
    let parts = message.subject.split(separator: ".")
    // Malformed messages are ignored.
    guard parts.count >= 4, let envelope = try? Envelope(parsing: Array(message.payload.readableBytesView)),
      wanted?.contains(envelope.type) ?? true, let payload = try? JSONReader.parse(envelope.payload)
    else { return nil }
    return [
      "agent": .string(String(parts[2])), "at": .number(time), "type": .string(envelope.type),
      "payload": payload,
    ]
  }

  /// The event without its time, which differs between the platform and this console.
  fileprivate static func identity(of event: JSONValue) -> JSONValue? {
    guard var object = event.objectValue else { return nil }
    object["at"] = nil
    return .object(JSONObject(object.members.sorted { $0.key < $1.key }))
  }
}

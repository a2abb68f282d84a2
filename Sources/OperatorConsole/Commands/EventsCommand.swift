import AgentProtocol
import ArgumentParser
import JSON
import NATS
import NIOCore
import PlatformAPI

/// `plsctl events`
struct EventsCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "What agents told lately, and what they tell now.",
    discussion: """
      With --follow alone only what comes from now on; with --since also what came before. Ctrl-C ends it.

      EXAMPLES
        plsctl events --type alert --since 24h
        plsctl events --follow --agent web-1
        plsctl events -f --type alert,result -o json | jq .payload.code
      """)

  /// The types that there are.
  static let types = ["capabilities", "heartbeat", "telemetry", "result", "alert", "progress"]

  @OptionGroup var options: ConsoleOptions
  @Option(help: "Only those of this agent.", completion: AgentArgument.completion) var agent: String?
  @Option(
    help: ArgumentHelp(
      "capabilities, heartbeat, telemetry, result, alert, progress; several by commas.", valueName: "types"),
    completion: .list(types))
  var type: String?
  @Option(help: ArgumentHelp("From so long ago on. (default: 1h)", valueName: DurationArgument.valueName))
  var since: DurationArgument?
  @Option(name: [.customShort("n"), .long], help: "At most so many of the past, 1 to 1000.") var limit = 200
  @Flag(name: .shortAndLong, help: "Go on with those that come.") var follow = false
  @Option(help: "With --follow: end after so many.") var count: Int?

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
    if let count, count < 1 { throw ValidationError("--count takes 1 or more") }
    for name in wanted ?? [] where !Self.types.contains(name) {
      throw ValidationError(
        "there are no events of type \(name.debugDescription); there are: \(Self.types.joined(separator: ", "))"
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
      try session.output.show(result) {
        events.isEmpty
          ? ["nothing"] : events.map { EventText.line(of: $0, palette: session.console.palette()) }
      }
      return .done
    }
    try await followEvents(request, session)
    return .done
  }

  private func followEvents(_ request: Requests.ListEvents, _ session: ConsoleSession) async throws {
    var subject = "agent.vm.*.evt"
    if let agent {
      guard let identity = AgentUUID(try await session.client.agent(agent).agent.uuid) else {
        throw ConsoleError(.unreachable, "the platform's answer names no agent")
      }
      subject = AgentSubjects(identity).events
    }
    // Subscribed first, so that nothing falls between the past and what comes; what is in both is shown once.
    let live = try session.client.subscribe(to: subject)
    defer { live.unsubscribe() }
    var shown: Set<JSONValue> = []
    if since != nil {
      let past = try await session.client.call(.eventsList, request).arrayValue ?? []
      for event in past {
        try show(event, session)
        if let key = Self.identity(of: event) { shown.insert(key) }
      }
    }
    var left = count ?? Int.max
    for await message in live where left > 0 {
      guard let event = event(of: message, at: session.console.now()) else { continue }
      if let key = Self.identity(of: event), shown.remove(key) != nil { continue }
      try show(event, session)
      left -= 1
      if left == 0 { return }
    }
  }

  private func show(_ event: JSONValue, _ session: ConsoleSession) throws {
    try session.output.showNext(event) {
      let view = try PlatformClient.decode(EventView.self, from: event, of: .eventsList)
      return [EventText.line(of: view, palette: session.console.palette())]
    }
  }

  /// An event as the platform would give it. Whose it is stands in the subject, which the server vouches for.
  private func event(of message: NATSMessage, at time: Double) -> JSONValue? {
    let parts = message.subject.split(separator: ".")
    // What is no envelope is no event.
    guard parts.count == 4, let envelope = try? Envelope(parsing: Array(message.payload.readableBytesView)),
      wanted?.contains(envelope.type) ?? true, let payload = try? JSONReader.parse(envelope.payload)
    else { return nil }
    return [
      "agent": .string(String(parts[2])), "at": .number(time), "type": .string(envelope.type),
      "payload": payload,
    ]
  }

  /// An event but for the time, which the server and this console see differently.
  private static func identity(of event: JSONValue) -> JSONValue? {
    guard var object = event.objectValue else { return nil }
    object["at"] = nil
    return .object(JSONObject(object.members.sorted { $0.key < $1.key }))
  }
}

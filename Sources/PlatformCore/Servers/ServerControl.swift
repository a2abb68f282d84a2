import Clocks
import Encoding
import JSON
import JetStream
import Locks
public import Logging
public import NATS

/// Finds and closes connections on all servers, through the system account.
public final class ServerControl: Sendable {
  /// The result of a search.
  public struct Search: Sendable {
    /// The connections found.
    public var connections: [ServerConnection]
    /// Whether all known servers have answered.
    public var isComplete: Bool
    /// The servers that have answered.
    public var servers: Set<String>
  }

  /// A page of all connections.
  public struct Page: Sendable {
    /// The connections, and whether all servers have answered.
    public var search: Search
    /// The offset of the next page; nil on the last page.
    public var next: Int?
  }

  private static let pingInterval = Duration.seconds(5)
  private static let expiresAfter = Duration.seconds(12)

  /// The client of the system account.
  public let client: NATSClient
  private let timeout: Duration
  private let pageSize: Int
  private let logger: Logger
  private let health: InstanceHealth?
  private let known = Locked(KnownServers())
  /// The number of the last request to all servers, and when it was sent, in unix seconds.
  private let lastPing = Locked((number: 0, sent: 0.0))

  /// Creates a control through a client of the system account.
  ///
  /// - Parameters:
  ///   - timeout: How long servers may take to answer.
  ///   - health: Receives the servers' times.
  ///   - pageSize: The most connections in a request, 4 or more; a grant has one or two.
  public init(
    client: NATSClient, timeout: Duration = .milliseconds(500), pageSize: Int = 256,
    health: InstanceHealth? = nil, logger: Logger
  ) {
    self.health = health
    self.pageSize = max(4, pageSize)
    self.client = client
    self.timeout = timeout
    self.logger = logger
  }

  /// Maintains the list of servers until the task is cancelled or the client is closed.
  ///
  /// - Throws: `NATSError` when a subscription fails.
  public func run() async throws {
    let inbox = client.newInbox()
    let answers = try client.subscribe(to: inbox + ".*")
    let shutdowns = try client.subscribe(to: "$SYS.SERVER.*.SHUTDOWN")
    defer {
      answers.unsubscribe()
      shutdowns.unsubscribe()
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await message in answers {
          let received = WallClock.now
          guard let answer = ServerAnswers.object(message), let id = Self.server(in: answer) else { continue }
          self.known.withLock { $0.insert(id, at: .now) }
          // A delayed answer belongs to an earlier request: it says nothing about the clocks.
          let ping = self.lastPing.withLock { $0 }
          if message.subject == "\(inbox).\(ping.number)", let time = Self.time(in: answer) {
            self.health?.observe(server: id, sent: ping.sent, received: received, time: time)
          }
        }
      }
      group.addTask {
        for await message in shutdowns {
          let tokens = message.subject.split(separator: ".")
          guard tokens.count == 4, let id = Self.serverID(String(tokens[2])) else { continue }
          self.known.withLock { $0.remove(id) }
        }
      }
      group.addTask { await self.ping(replyTo: inbox) }
      await group.next()
      group.cancelAll()
    }
  }

  private func ping(replyTo inbox: String) async {
    while !Task.isCancelled {
      do {
        let number = lastPing.withLock { ping in
          ping = (ping.number + 1, WallClock.now)
          return ping.number
        }
        try client.publish([], to: "$SYS.REQ.SERVER.PING", replyTo: "\(inbox).\(number)")
      } catch {
        // The next interval retries it.
        logger.debug("servers could not be pinged", metadata: ["error": "\(error.message)"])
        if error.code == .connectionClosed || error.code == .draining { return }
      }
      do { try await Task.sleep(for: Self.pingInterval) } catch { return }
    }
  }

  /// The servers that are known to run.
  public var servers: Set<String> { known.withLock { $0.current(since: .now - Self.expiresAfter) } }

  /// Returns the connections of a grant (``CalloutGrant``) on all servers.
  ///
  /// - Throws: ``NATSError`` when the request can't be sent.
  public func connections(of grant: String) async throws(NATSError) -> Search {
    let request: JSONValue = [
      "auth": true, "user": .string(grant), "limit": .integer(Int64(pageSize)),
    ]
    var (search, answers) = try await self.search(request)
    // A full page may not be all of them.
    if answers.contains(where: { $0.count >= pageSize }) { search.isComplete = false }
    return search
  }

  /// Returns a page of the connections in an account on all servers, the oldest of each server first.
  ///
  /// - Parameter offset: The number of connections to skip on each server.
  /// - Throws: ``NATSError`` when the request can't be sent.
  public func connections(in account: String, from offset: Int) async throws(NATSError) -> Page {
    let request: JSONValue = [
      "auth": true, "acc": .string(account), "offset": .integer(Int64(offset)),
      "limit": .integer(Int64(pageSize)),
    ]
    let (search, answers) = try await self.search(request)
    // Pages overlap: when a connection closes between two requests, the later ones move up.
    let hasMore = answers.contains { $0.count >= pageSize }
    return Page(search: search, next: hasMore ? offset + pageSize - pageSize / 4 : nil)
  }

  private func search(
    _ request: JSONValue
  ) async throws(NATSError) -> (search: Search, answers: [[JSONValue]]) {
    let expected = servers
    let answers = try await gather(
      "$SYS.REQ.SERVER.PING.CONNZ", JSONWriter.encode(request), expected: expected)
    var search = Search(
      connections: [], isComplete: !answers.isEmpty && expected.isSubset(of: answers.keys),
      servers: Set(answers.keys))
    var lists: [[JSONValue]] = []
    for (server, answer) in answers {
      let entries = answer["data"]?.objectValue?["connections"]?.arrayValue ?? []
      search.connections += entries.compactMap { ServerConnection($0, server: server) }
      lists.append(entries)
    }
    return (search, lists)
  }

  /// Closes a connection. One that is closed already is not an error.
  ///
  /// - Throws: ``NATSError`` when the server does not answer.
  public func kick(_ connection: ServerConnection) async throws(NATSError) {
    let request: JSONValue = ["cid": .integer(Int64(clamping: connection.id))]
    _ = try await client.request(
      JSONWriter.encode(request), to: "$SYS.REQ.SERVER.\(connection.server).KICK", timeout: timeout * 4)
  }

  /// Sends a request to all servers and collects the answers until those expected have arrived, or the time-out.
  private func gather(
    _ subject: String, _ payload: [UInt8], expected: Set<String>
  ) async throws(NATSError) -> [String: JSONObject] {
    let inbox = client.newInbox()
    let replies = try client.subscribe(to: inbox)
    defer { replies.unsubscribe() }
    try client.publish(payload, to: subject, replyTo: inbox)
    let timeout = timeout
    return await withTaskGroup(of: [String: JSONObject]?.self) { group in
      group.addTask {
        var answers: [String: JSONObject] = [:]
        for await message in replies {
          guard let answer = ServerAnswers.object(message), let id = Self.server(in: answer) else { continue }
          answers[id] = answer
          if !expected.isEmpty, expected.isSubset(of: answers.keys) { break }
        }
        return answers
      }
      group.addTask {
        // Cancelled when the answers have arrived.
        try? await Task.sleep(for: timeout)
        replies.unsubscribe()
        return nil
      }
      var answers: [String: JSONObject] = [:]
      for await result in group {
        guard let result else { continue }
        answers = result
        group.cancelAll()
      }
      return answers
    }
  }

  private static func server(in answer: JSONObject) -> String? {
    answer["server"]?.objectValue?["id"]?.stringValue.flatMap(serverID)
  }

  /// Returns the id of a server, an nkey; nil for other text. ASCII only, so that ids can be compared as strings and
  /// used as a token of subjects.
  static func serverID(_ text: String) -> String? {
    let isValid =
      (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
      }
    return isValid ? text : nil
  }

  /// The server's time, in unix seconds.
  private static func time(in answer: JSONObject) -> Double? {
    answer["server"]?.objectValue?["time"]?.stringValue.flatMap(RFC3339.seconds)
  }
}

/// The servers that have answered lately.
struct KnownServers: Sendable {
  private static let capacity = 4096

  private var seen: [String: ContinuousClock.Instant] = [:]

  /// Adds a server that has answered.
  mutating func insert(_ server: String, at now: ContinuousClock.Instant) {
    if seen[server] == nil, seen.count >= Self.capacity { return }
    seen[server] = now
  }

  /// Removes a server that has announced its shutdown.
  mutating func remove(_ server: String) {
    seen[server] = nil
  }

  /// The servers that have answered since `limit`.
  mutating func current(since limit: ContinuousClock.Instant) -> Set<String> {
    seen = seen.filter { $0.value >= limit }
    return Set(seen.keys)
  }
}

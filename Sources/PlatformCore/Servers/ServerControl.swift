import JSON
import JetStream
import Locks
public import Logging
public import NATS
import NIOCore

/// Finds and ends connections on all servers, over the system account.
public final class ServerControl: Sendable {
  /// What a search gave.
  public struct Search: Sendable {
    /// The connections that were found.
    public var connections: [ServerConnection]
    /// Whether all servers that are known have answered.
    public var isComplete: Bool
    /// The servers that have answered.
    public var servers: Set<String>
  }

  /// A part of all connections.
  public struct Page: Sendable {
    /// The connections, and whether all servers told theirs.
    public var search: Search
    /// Where the next part begins; nil after the last one.
    public var next: Int?
  }

  private static let pingInterval = Duration.seconds(5)
  private static let forgottenAfter = Duration.seconds(12)

  /// The client of the system account.
  public let client: NATSClient
  private let patience: Duration
  private let pageSize: Int
  private let logger: Logger
  private let health: InstanceHealth?
  private let roster = Locked(ServerRoster())
  /// When the servers were asked last, by this machine's clock in unix seconds.
  /// The last question to all servers, and when it was asked, in unix seconds.
  private let lastAsk = Locked((number: 0, sent: 0.0))

  /// Control through a client of the system account.
  ///
  /// - Parameters:
  ///   - patience: how long servers may take to answer.
  ///   - health: takes the time of the servers.
  ///   - pageSize: the most connections that a server is asked for at once, 4 or more; a grant has one or two.
  public init(
    client: NATSClient, patience: Duration = .milliseconds(500), pageSize: Int = 256,
    health: InstanceHealth? = nil, logger: Logger
  ) {
    self.health = health
    self.pageSize = max(4, pageSize)
    self.client = client
    self.patience = patience
    self.logger = logger
  }

  /// Keeps knowing which servers there are, until the task is cancelled or the client is closed.
  ///
  /// - Throws: when the client takes no subscription any more.
  public func run() async throws {
    let inbox = client.newInbox()
    let answers = try client.subscribe(to: inbox + ".*")
    let ends = try client.subscribe(to: "$SYS.SERVER.*.SHUTDOWN")
    defer {
      answers.unsubscribe()
      ends.unsubscribe()
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await message in answers {
          let received = Registry.unixTime
          guard let answer = Self.object(of: message), let id = Self.server(in: answer) else { continue }
          self.roster.withLock { $0.saw(id, at: .now) }
          // An answer that was held up says nothing of the clocks: it is to an earlier question.
          let ask = self.lastAsk.withLock { $0 }
          if message.subject == "\(inbox).\(ask.number)", let time = Self.time(in: answer) {
            self.health?.observe(server: id, sent: ask.sent, received: received, time: time)
          }
        }
      }
      group.addTask {
        for await message in ends {
          let tokens = message.subject.split(separator: ".")
          if tokens.count == 4 { self.roster.withLock { $0.lost(String(tokens[2])) } }
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
        let number = lastAsk.withLock { ask in
          ask = (ask.number + 1, Registry.unixTime)
          return ask.number
        }
        try client.publish([], to: "$SYS.REQ.SERVER.PING", replyTo: "\(inbox).\(number)")
      } catch {
        // Asked again soon; without a connection there is nobody to ask.
        logger.debug("servers not asked", metadata: ["error": "\(error.message)"])
        if error.code == .connectionClosed || error.code == .draining { return }
      }
      do { try await Task.sleep(for: Self.pingInterval) } catch { return }
    }
  }

  /// The servers that are known to run.
  public var servers: Set<String> { roster.withLock { $0.current(since: .now - Self.forgottenAfter) } }

  /// The connections that were let in by a grant (``CalloutGrant``), on all servers.
  ///
  /// - Throws: ``NATSError``, when they can't be asked.
  public func connections(of grant: String) async throws(NATSError) -> Search {
    let request: JSONValue = [
      "auth": true, "user": .string(grant), "limit": .integer(Int64(pageSize)),
    ]
    var (search, answers) = try await self.search(request)
    // There may be more than a server tells at once.
    if answers.contains(where: { $0.count >= pageSize }) { search.isComplete = false }
    return search
  }

  /// Connections in an account, on all servers, the oldest of each server first.
  ///
  /// - Parameter offset: how many of each server's are passed over.
  /// - Throws: ``NATSError``, when they can't be asked.
  public func connections(in account: String, from offset: Int) async throws(NATSError) -> Page {
    let request: JSONValue = [
      "auth": true, "acc": .string(account), "offset": .integer(Int64(offset)),
      "limit": .integer(Int64(pageSize)),
    ]
    let (search, answers) = try await self.search(request)
    // Pages overlap: what closes between two of them moves up what is behind it.
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

  /// Ends a connection. One that is gone already is not an error.
  ///
  /// - Throws: ``NATSError``, when the server does not answer.
  public func kick(_ connection: ServerConnection) async throws(NATSError) {
    let request: JSONValue = ["cid": .integer(Int64(clamping: connection.id))]
    _ = try await client.request(
      JSONWriter.encode(request), to: "$SYS.REQ.SERVER.\(connection.server).KICK", timeout: patience * 4)
  }

  /// Asks all servers and waits until those expected have answered or patience ends.
  private func gather(
    _ subject: String, _ payload: [UInt8], expected: Set<String>
  ) async throws(NATSError) -> [String: JSONObject] {
    let inbox = client.newInbox()
    let replies = try client.subscribe(to: inbox)
    defer { replies.unsubscribe() }
    try client.publish(payload, to: subject, replyTo: inbox)
    let patience = patience
    return await withTaskGroup(of: [String: JSONObject]?.self) { group in
      group.addTask {
        var answers: [String: JSONObject] = [:]
        for await message in replies {
          guard let answer = Self.object(of: message), let id = Self.server(in: answer) else { continue }
          answers[id] = answer
          if !expected.isEmpty, expected.isSubset(of: answers.keys) { break }
        }
        return answers
      }
      group.addTask {
        // Cancelled when the answers have come.
        try? await Task.sleep(for: patience)
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

  private static func object(of message: NATSMessage) -> JSONObject? {
    do {
      return try JSONReader.parse(Array(message.payload.readableBytesView)).objectValue
    } catch {
      // What is no JSON is no answer of a server.
      return nil
    }
  }

  private static func server(in answer: JSONObject) -> String? {
    answer["server"]?.objectValue?["id"]?.stringValue
  }

  /// The server's time, in unix seconds.
  private static func time(in answer: JSONObject) -> Double? {
    answer["server"]?.objectValue?["time"]?.stringValue.flatMap(JetStream.unixSeconds)
  }
}

import Locks
public import Logging
import NATS
import PlatformAPI

/// Ends the connections of those whose agent was revoked, operator removed, token or role taken away.
///
/// Every instance does it, as each sees the change by itself and the one that made it may die: to end what has ended does
/// nothing. Connections are found by what they were let in by (``CalloutGrant``), so those that came with the new token stay.
public final class RevocationEnforcer: Sendable {
  private static let retryAfter = 1.0
  private static let batchSize = 32

  private let directory: any CredentialDirectory
  private let servers: ServerControl
  private let account: String
  private let logger: Logger
  private let queue = Locked(EnforcementQueue())
  private let wake = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// An enforcer.
  ///
  /// - Parameter account: the account that agents and operators are put into.
  public init(directory: any CredentialDirectory, servers: ServerControl, account: String, logger: Logger) {
    self.directory = directory
    self.servers = servers
    self.account = account
    self.logger = logger
  }

  /// Enforces until the task is cancelled. The directory must know who may connect by now.
  public func run() async {
    let changes = directory.changes
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await change in changes { self.schedule(change) }
      }
      group.addTask { await self.checkExistingConnections() }
      group.addTask {
        // Tokens run out, and what failed is tried again.
        while !Task.isCancelled {
          self.wake.continuation.yield()
          do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
      }
      group.addTask {
        for await _ in self.wake.stream { await self.enforceDue() }
      }
      await group.waitForAll()
    }
  }

  /// Looks at the connections that stand when this instance or a server starts, or a server comes back: what ended while it was
  /// away was told to nobody.
  private func checkExistingConnections() async {
    var seen: Set<String> = []
    while !Task.isCancelled {
      let known = servers.servers
      seen.formIntersection(known)
      if !known.isSubset(of: seen) {
        do {
          // All first: those that are ended would move up those that are not seen yet.
          let (grants, answered) = try await currentGrants()
          for grant in grants { try await schedule(grant) }
          wake.continuation.yield()
          seen = answered
        } catch {
          logger.debug("connections not looked at yet", metadata: ["reason": "\(error)"])
        }
      }
      do { try await Task.sleep(for: .seconds(Self.retryAfter)) } catch { return }
    }
  }

  /// What the connections that stand were let in by, and the servers that told.
  private func currentGrants() async throws -> (grants: Set<String>, servers: Set<String>) {
    var grants: Set<String> = []
    var answered: Set<String>?
    var offset: Int? = 0
    while let start = offset {
      let page = try await servers.connections(in: account, from: start)
      guard page.search.isComplete else { throw NATSError(.timeout, "not all servers have answered") }
      grants.formUnion(page.search.connections.map(\.grant))
      answered = answered?.intersection(page.search.servers) ?? page.search.servers
      offset = page.next
    }
    return (grants, answered ?? [])
  }

  private func schedule(_ grant: String) async throws {
    guard let identity = CalloutGrant.identity(in: grant) else { return }
    // Memory may be a moment old, and what it does not know is not taken away.
    if !isValid(grant) {
      switch identity {
      case .agent(let uuid): _ = try await directory.reread(agent: uuid)
      case .operator(let name): _ = try await directory.reread(operator: name)
      }
    }
    let now = AuthCallout.unixTime()
    guard let end = isValid(grant) ? end(of: grant, identity) : now else { return }
    queue.withLock { $0.add(grant, at: end) }
  }

  /// When the token of a grant runs out, in unix seconds.
  private func end(of grant: String, _ identity: CalloutIdentity) -> Double? {
    guard case .agent(let uuid) = identity else { return nil }
    return directory.agent(uuid)?.tokens.first { CalloutGrant.name(agent: uuid, token: $0) == grant }?
      .expiresAt
  }

  private func schedule(_ change: CredentialChange) {
    let ends = change.endsOfGrants(now: AuthCallout.unixTime())
    if ends.isEmpty { return }
    queue.withLock { queue in
      for (grant, time) in ends { queue.add(grant, at: time) }
    }
    wake.continuation.yield()
  }

  private func enforceDue() async {
    while !Task.isCancelled {
      let grants = queue.withLock { $0.takeDue(now: AuthCallout.unixTime(), limit: Self.batchSize) }
      if grants.isEmpty { return }
      await withTaskGroup(of: Void.self) { group in
        for grant in grants {
          group.addTask {
            if await self.enforce(grant) { return }
            self.queue.withLock { $0.add(grant, at: AuthCallout.unixTime() + Self.retryAfter) }
          }
        }
      }
    }
  }

  /// Ends the connections of a grant, unless it is good (again).
  ///
  /// - Returns: whether all were found and ended.
  private func enforce(_ grant: String) async -> Bool {
    do throws(NATSError) {
      let search = try await servers.connections(of: grant)
      if isValid(grant) { return true }
      for connection in search.connections {
        try await servers.kick(connection)
        logger.notice(
          "connection ended, its token or role was taken away",
          metadata: ["user": "\(CalloutGrant.user(in: grant))", "address": "\(connection.address)"])
      }
      return search.isComplete
    } catch {
      logger.warning(
        "connections not ended yet, trying again",
        metadata: ["user": "\(CalloutGrant.user(in: grant))", "error": "\(error.message)"])
      return false
    }
  }

  private func isValid(_ grant: String) -> Bool {
    switch CalloutGrant.identity(in: grant) {
    case .agent(let uuid):
      CalloutGrant.valid(for: directory.agent(uuid), at: AuthCallout.unixTime()).contains(grant)
    case .operator(let name): CalloutGrant.valid(for: directory.operatorRecord(name)).contains(grant)
    case nil: false
    }
  }
}

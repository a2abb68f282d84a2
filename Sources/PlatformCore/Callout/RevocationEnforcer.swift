import Clocks
import Locks
public import Logging
import NATS
import PlatformAPI

/// Closes the connections of revoked agents, removed operators, and revoked tokens and roles.
///
/// Every instance does so, because the one that made the change may fail; closing a closed connection does nothing. Connections
/// are found by their grant (``CalloutGrant``), so those with a new token stay.
public final class RevocationEnforcer: Sendable {
  private static let retryAfter = 1.0
  private static let batchSize = 32

  private let directory: any CredentialDirectory
  private let servers: ServerControl
  private let account: String
  private let logger: Logger
  private let queue = Locked(EnforcementQueue())
  private let wake = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// Creates an enforcer.
  ///
  /// - Parameter account: The account of agents and operators.
  public init(directory: any CredentialDirectory, servers: ServerControl, account: String, logger: Logger) {
    self.directory = directory
    self.servers = servers
    self.account = account
    self.logger = logger
  }

  /// Enforces until the task is cancelled. The directory must be current before.
  public func run() async {
    let changes = directory.changes
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await change in changes { self.schedule(change) }
      }
      group.addTask { await self.checkExistingConnections() }
      group.addTask {
        // For expired tokens, and for retries.
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

  /// Checks all connections when this instance starts, and when a server appears: revocations that happened meanwhile were not
  /// observed.
  private func checkExistingConnections() async {
    var seen: Set<String> = []
    while !Task.isCancelled {
      let known = servers.servers
      seen.formIntersection(known)
      if !known.isSubset(of: seen) {
        do {
          // Lists all pages first: closing connections would shift the later pages.
          let (grants, answered) = try await currentGrants()
          for grant in grants { try await schedule(grant) }
          wake.continuation.yield()
          seen = answered
        } catch {
          logger.debug("connections not checked yet", metadata: ["reason": "\(error)"])
        }
      }
      do { try await Task.sleep(for: .seconds(Self.retryAfter)) } catch { return }
    }
  }

  /// The grants of all connections, and the servers that have answered.
  private func currentGrants() async throws -> (grants: Set<String>, servers: Set<String>) {
    var grants: Set<String> = []
    var answered: Set<String>?
    var offset: Int? = 0
    while let start = offset {
      let page = try await servers.connections(in: account, from: start)
      guard page.search.isComplete else { throw NATSError(.timeout, "not all servers have answered") }
      // Names of other users are skipped here, so that none of them can equal a grant by canonical equivalence.
      grants.formUnion(page.search.connections.map(\.grant).filter { CalloutGrant.identity(in: $0) != nil })
      answered = answered?.intersection(page.search.servers) ?? page.search.servers
      offset = page.next
    }
    return (grants, answered ?? [])
  }

  private func schedule(_ grant: String) async throws {
    guard let identity = CalloutGrant.identity(in: grant) else { return }
    // Memory may lag behind, and a grant that it does not know may be valid.
    if !isValid(grant) {
      switch identity {
      case .agent(let uuid): _ = try await directory.reread(agent: uuid)
      case .operator(let name): _ = try await directory.reread(operator: name)
      }
    }
    let now = WallClock.now
    guard let end = isValid(grant) ? end(of: grant, identity) : now else { return }
    queue.withLock { $0.add(grant, at: end) }
  }

  /// The expiry of the token of a grant, in unix seconds.
  private func end(of grant: String, _ identity: CalloutIdentity) -> Double? {
    guard case .agent(let uuid) = identity else { return nil }
    return directory.agent(uuid)?.tokens.first { CalloutGrant.name(agent: uuid, token: $0) == grant }?
      .expiresAt
  }

  private func schedule(_ change: CredentialChange) {
    let ends = change.endsOfGrants(now: WallClock.now)
    if ends.isEmpty { return }
    queue.withLock { queue in
      for (grant, time) in ends { queue.add(grant, at: time) }
    }
    wake.continuation.yield()
  }

  private func enforceDue() async {
    while !Task.isCancelled {
      let grants = queue.withLock { $0.takeDue(now: WallClock.now, limit: Self.batchSize) }
      if grants.isEmpty { return }
      await withTaskGroup(of: Void.self) { group in
        for grant in grants {
          group.addTask {
            if await self.enforce(grant) { return }
            self.queue.withLock { $0.add(grant, at: WallClock.now + Self.retryAfter) }
          }
        }
      }
    }
  }

  /// Closes the connections of a grant, unless it is valid (again).
  ///
  /// - Returns: Whether all were found and closed.
  private func enforce(_ grant: String) async -> Bool {
    do throws(NATSError) {
      let search = try await servers.connections(of: grant)
      if isValid(grant) { return true }
      for connection in search.connections {
        try await servers.kick(connection)
        logger.notice(
          "connection closed, its token or role was revoked",
          metadata: ["user": "\(CalloutGrant.user(in: grant))", "address": "\(connection.address)"])
      }
      return search.isComplete
    } catch {
      logger.warning(
        "connections could not be closed, retrying",
        metadata: ["user": "\(CalloutGrant.user(in: grant))", "error": "\(error.message)"])
      return false
    }
  }

  private func isValid(_ grant: String) -> Bool {
    switch CalloutGrant.identity(in: grant) {
    case .agent(let uuid):
      CalloutGrant.valid(for: directory.agent(uuid), at: WallClock.now).contains(grant)
    case .operator(let name): CalloutGrant.valid(for: directory.operatorRecord(name)).contains(grant)
    case nil: false
    }
  }
}

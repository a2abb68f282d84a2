import Clocks
import Encoding
import JSON
import Locks
import Logging
import NATS
import NKeys
import PlatformAPI

extension AuthCallout {
  /// The maximum number of concurrent searches for clones. When many agents connect at once the others are skipped: a search goes
  /// through all connections of all servers, and heartbeats reveal clones as well.
  private static let maximumChecks = 4

  /// Refuses an agent while another connection of it is alive.
  func rejectClone(
    of uuid: String, _ grant: String, _ request: AuthorizationRequest
  ) async throws(CalloutRefusal) {
    if await !otherConnections(of: uuid, grant, request).isEmpty { throw .clone }
  }

  /// Reports an accepted agent that has another live connection from a different address.
  func detectClone(_ grant: String, _ request: AuthorizationRequest) async {
    guard servers != nil, case .agent(let uuid) = CalloutIdentity(user: CalloutGrant.user(in: grant)) else {
      return
    }
    let mayCheck = cloneChecks.withLock { count in
      guard count < Self.maximumChecks else { return false }
      count += 1
      return true
    }
    guard mayCheck else { return }
    defer { cloneChecks.withLock { $0 -= 1 } }
    let address = request.client.host ?? ""
    let others = await otherConnections(of: uuid, grant, request)
    guard let other = others.first(where: { $0.address != address }) else { return }
    let what = "connected from \(address) while a connection from \(other.address) lives"
    audit.enqueue(
      AuditEntry(
        at: WallClock.now, by: "platform", action: "agent.clone_suspected", object: uuid,
        details: ["what": .string(what)]))
    logger.warning("two machines may use one identity", metadata: ["agent": "\(uuid)", "what": "\(what)"])
    await cloneSuspected(uuid, what)
  }

  private func otherConnections(
    of uuid: String, _ grant: String, _ request: AuthorizationRequest
  ) async -> [ServerConnection] {
    guard let servers else { return [] }
    let grants = CalloutGrant.valid(for: directory.agent(uuid), at: WallClock.now).union([grant])
    do throws(NATSError) {
      var others: [ServerConnection] = []
      for grant in grants {
        others += try await servers.connections(of: grant).connections.filter {
          !($0.server.hasSameBytes(as: request.server.id) && $0.id == request.client.id)
            && $0.idle <= settings.aliveWithin
        }
      }
      return others
    } catch {
      // Refusing the agent because the search failed would do more harm.
      logger.warning(
        "the search for duplicate identities failed",
        metadata: ["agent": "\(uuid)", "error": "\(error.message)"])
      return []
    }
  }
}

import AgentProtocol
import PlatformAPI

/// The one agent that a reference on the command line names, as the platform resolved it. What acts on an agent takes this, so
/// that a name that is announced by another agent meanwhile does not change the target.
struct ResolvedAgent: Sendable, Hashable, CustomStringConvertible {
  /// What is sent to the platform from now on.
  let uuid: String
  /// Its host name, where it is known.
  let hostname: String?

  fileprivate init(uuid: String, hostname: String?) {
    self.uuid = uuid
    self.hostname = hostname
  }

  /// The uuid, and the host name where it is known: for prompts and for what is reported as done.
  var description: String { hostname.map { "\(uuid) (\($0))" } ?? uuid }

  /// The host name, else the uuid: for lines that follow one with the whole identity.
  var name: String { hostname ?? uuid }
}

extension ConsoleSession {
  /// When the agent's host name is looked up.
  enum HostNameLookup {
    /// Always: for a prompt, or where the identity is reported.
    case always
    /// Only when the reference has to be resolved anyway.
    case ifResolved
  }

  /// Resolves a reference. A whole uuid is its own answer. Where the resolved identity differs from what was typed, it is
  /// written to standard error.
  ///
  /// - Throws: not found; usage, when the reference names several agents; as ``PlatformClient/call(_:_:)`` does.
  func resolve(
    _ reference: String, hostname lookup: HostNameLookup = .ifResolved, isReported: Bool = true
  ) async throws(ConsoleError) -> ResolvedAgent {
    let whole = UUIDText.canonical(reference)
    if let whole, lookup == .ifResolved { return ResolvedAgent(uuid: whole, hostname: nil) }
    let view: AgentView
    do throws(ConsoleError) {
      view = try await client.agentRepeatedly(reference).agent
    } catch {
      // One that was enrolled a moment ago at another instance: the method itself asks the bucket.
      guard error.status == .notFound, let whole else { throw error }
      return ResolvedAgent(uuid: whole, hostname: nil)
    }
    guard let uuid = UUIDText.canonical(view.uuid), whole == nil || whole == uuid else {
      throw ConsoleError(.unreachable, "the platform's answer names another agent than \(reference)")
    }
    let agent = ResolvedAgent(uuid: uuid, hostname: view.hostname)
    if isReported, whole == nil { console.note("agent \(agent)") }
    return agent
  }
}

import AgentProtocol
import PlatformAPI

/// The agent that the platform resolved a reference on the command line to. Commands use it instead of the reference, so that the
/// target does not change when another agent announces the same host name.
struct ResolvedAgent: Sendable, Hashable, CustomStringConvertible {
  let uuid: String
  /// The host name, if it is known.
  let hostname: String?

  fileprivate init(uuid: String, hostname: String?) {
    self.uuid = uuid
    self.hostname = hostname
  }

  /// The uuid, followed by the host name if it is known.
  var description: String { hostname.map { "\(uuid) (\($0))" } ?? uuid }

  /// The host name, or the uuid if it is not known. For lines after the complete identity was printed.
  var name: String { hostname ?? uuid }
}

extension ConsoleSession {
  /// When the host name is looked up.
  enum HostNameLookup {
    /// Always; for prompts and for reports of the identity.
    case always
    /// Only if the reference is not a complete uuid.
    case ifResolved
  }

  /// Resolves a reference to an agent. A complete uuid needs no request. The resolved identity is written to standard error if it
  /// differs from the reference.
  ///
  /// - Throws: `notFound`; `usage` if the reference is ambiguous; the errors of ``PlatformClient/call(_:_:)``.
  func resolve(
    _ reference: String, hostname lookup: HostNameLookup = .ifResolved, isReported: Bool = true
  ) async throws(ConsoleError) -> ResolvedAgent {
    let whole = UUIDText.canonical(reference)
    if let whole, lookup == .ifResolved { return ResolvedAgent(uuid: whole, hostname: nil) }
    let view: AgentView
    do throws(ConsoleError) {
      view = try await client.agentWithRetries(reference).agent
    } catch {
      // The agent may have just been enrolled at another instance, whose cache lags. The method itself reads the bucket.
      guard error.status == .notFound, let whole else { throw error }
      return ResolvedAgent(uuid: whole, hostname: nil)
    }
    guard let uuid = UUIDText.canonical(view.uuid), whole == nil || whole == uuid else {
      throw ConsoleError(.unreachable, "the platform's answer names another agent than \(reference)")
    }
    let agent = ResolvedAgent(uuid: uuid, hostname: view.hostname)
    if isReported, whole == nil { console.report("agent \(agent)") }
    return agent
  }
}

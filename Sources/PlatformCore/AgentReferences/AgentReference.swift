import AgentProtocol
public import PlatformAPI

/// Resolves a reference to an agent, by the same rule in every method.
///
/// A reference in the form of a uuid matches that uuid only. Any other reference matches the agents with that host name *and* the
/// agents whose uuid begins with it: an agent chooses its own host name, so a host name must never take precedence over a uuid.
enum AgentReference {
  /// An agent that a reference can match.
  struct Candidate: Sendable, Hashable {
    var uuid: String
    var hostname: HostName?
  }

  private static let minimumPrefixBytes = 4
  private static let maximumBytes = 255
  private static let maximumListed = 5

  /// The uuid of the only agent that `reference` matches.
  ///
  /// - Throws: `not_found`; `invalid` when it matches several, with the uuid and host name of each.
  static func resolve(
    _ reference: String, among candidates: some Sequence<Candidate>
  ) throws(APIError) -> String {
    guard reference.utf8.count <= maximumBytes else {
      throw APIError(
        .invalid, "agent has at most \(maximumBytes) bytes: a uuid, the beginning of one, or a host name")
    }
    let found = matches(of: reference, among: candidates)
    guard let first = found.first else {
      throw APIError(.notFound, "there is no agent \(SafeText.quoted(reference))")
    }
    guard found.count == 1 else {
      let listed = found.sorted { $0.uuid < $1.uuid }.prefix(maximumListed).map {
        $0.uuid + ($0.hostname.map { " (\($0))" } ?? "")
      }
      throw APIError(
        .invalid,
        "\(SafeText.quoted(reference)) fits \(found.count) agents, use the uuid: "
          + listed.joined(separator: ", ") + (found.count > maximumListed ? ", …" : ""))
    }
    return first.uuid
  }

  private static func matches(
    of reference: String, among candidates: some Sequence<Candidate>
  ) -> [Candidate] {
    if let uuid = UUIDText.canonical(reference) { return candidates.filter { $0.uuid == uuid } }
    guard !reference.isEmpty else { return [] }
    // Host names and uuids are ASCII. Unicode's mapping would turn U+212A into "k".
    guard reference.utf8.allSatisfy({ $0 < 0x80 }) else { return [] }
    let lowered = reference.lowercased()
    let mayBePrefix = lowered.utf8.count >= minimumPrefixBytes
    return candidates.filter {
      $0.hostname?.text.lowercased() == lowered || (mayBePrefix && $0.uuid.utf8.starts(with: lowered.utf8))
    }
  }
}

/// Resolves references to agents.
public protocol AgentResolving: Sendable {
  /// Resolves a reference: a uuid, at least 4 characters of its beginning, or a host name.
  /// Agents with that host name and agents whose uuid begins with it both match.
  ///
  /// - Returns: The uuid, in lower case.
  /// - Throws: ``APIError``: `not_found`, or `invalid` when it matches several.
  func resolve(_ reference: String) throws(APIError) -> String
}

import JetStream
import NATS

/// Checks, by asking the servers, what the platform's keys could do to the audit record.
enum AuditProtection {
  private static let timeout = Duration.seconds(1)
  private static let advice = "docs/platform.md, \"Upgrading\", says how nats-server.conf has to be"
  /// Requests that change or remove the record, or make the server publish in its account.
  private static let forbidden = [
    "STREAM.DELETE", "STREAM.PURGE", "STREAM.UPDATE", "STREAM.MSG.DELETE", "STREAM.RESTORE",
    "STREAM.SNAPSHOT",
    "CONSUMER.CREATE",
  ]
  /// A payload that is neither empty nor JSON. JetStream rejects each of the requests with it, so that none has an
  /// effect.
  private static let harmless: [UInt8] = [UInt8(ascii: "?")]

  /// The problems of the user in the account of the fleet.
  static func warnings(fleet client: NATSClient) async -> [String] {
    var warnings: [String] = []
    if case .connected(_, _, let info) = client.state, letsAccountsPurgeOthers(info.version) {
      warnings.append(
        "nats-server \(SafeText.escaped(info.version, limit: 32)) lets any account purge the others (CVE-2025-30215), the audit record "
          + "among them: install 2.10.27, 2.11.1 or a newer one")
    }
    for request in forbidden {
      let subject = "\(AuditRecord.apiPrefix).\(request).\(PlatformStorage.auditStream)"
      guard await isAnswered(client, subject, harmless) else { continue }
      warnings.append("the servers let the platform send \(request) about the audit record; \(advice)")
    }
    if let old = try? await JetStream(client, timeout: timeout).stream(PlatformStorage.auditStream) {
      warnings.append(
        "the account of the fleet has an audit record of an earlier version (\(old.state.messages) entries), which is neither "
          + "written nor listed any more: read it with `nats stream view \(PlatformStorage.auditStream)`, and see docs/platform.md, "
          + "\"Upgrading\"")
    }
    return warnings
  }

  /// The problems of the user that controls the servers.
  static func warnings(system client: NATSClient) async -> [String] {
    if await failure(client, "$SYS.REQ.SERVER.PING", []) == .noResponders {
      return [
        "the servers do not answer the user of nats.system_seed_file, so that no connection can be ended; nats-server has to "
          + "be restarted, not reloaded, for its new accounts"
      ]
    }
    // Only the system account answers this request. Its users may purge other accounts.
    guard await isAnswered(client, "$SYS.REQ.SERVER.PING.VARZ", []) else { return [] }
    return [
      "the user of nats.system_seed_file is in the system account, whose users can remove the audit record; \(advice)"
    ]
  }

  /// Whether a version of nats-server has CVE-2025-30215.
  static func letsAccountsPurgeOthers(_ version: String) -> Bool {
    let release = version.split(separator: "-").first ?? ""
    let numbers = release.split(separator: ".").map { Int($0) ?? 0 }
    guard numbers.count >= 3 else { return false }
    return numbers.lexicographicallyPrecedes([2, 10, 27]) || Array(numbers.prefix(3)) == [2, 11, 0]
  }

  private static func isAnswered(_ client: NATSClient, _ subject: String, _ payload: [UInt8]) async -> Bool {
    await failure(client, subject, payload) == nil
  }

  /// The error code of a request; nil if it was answered.
  private static func failure(
    _ client: NATSClient, _ subject: String, _ payload: [UInt8]
  ) async -> NATSError.Code? {
    do throws(NATSError) {
      _ = try await client.request(payload, to: subject, timeout: timeout)
      return nil
    } catch {
      return error.code
    }
  }
}

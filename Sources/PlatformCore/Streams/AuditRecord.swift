import JetStream
import NATS

/// The audit record as the account of the fleet can reach it.
///
/// Its stream is in an account of its own that accepts no connections. The imports from that account define what a
/// holder of the platform's keys can do: add an entry, read entries, and create the stream if it does not exist.
enum AuditRecord {
  /// The account of the stream.
  static let account = "AUDIT"
  /// The subjects of the stream, in its account.
  static let subjects = "pls.audit.>"
  /// The prefix of the subjects of entries in the account of the fleet; the action follows.
  ///
  /// It differs from the stream's subjects: a stream of an earlier version in the account of the fleet would
  /// acknowledge those.
  static let entryPrefix = apiPrefix + ".entry."
  /// The prefix of the subjects of JetStream requests about the stream, in the account of the fleet.
  static let apiPrefix = "pls.record"
  /// The imported requests. None of them changes or removes entries, or makes the server publish.
  static let requests = ["STREAM.INFO", "STREAM.CREATE", "STREAM.MSG.GET", batchRequest]
  /// The imported request with several replies.
  static let batchRequest = "DIRECT.GET"
  /// The request that is imported only while an administrator changes the limits of the stream.
  static let updateRequest = "STREAM.UPDATE"

  /// Settings in which the stream may differ without being able to lose or remove entries.
  private static let free: Set<String> = [
    "max_bytes", "max_age", "num_replicas", "duplicate_window", "description", "metadata", "placement",
    "compression",
    "consumer_limits", "first_seq",
  ]
  /// The shortest time that entries are kept, unless less is configured.
  private static let leastAge = Duration.seconds(86_400)

  /// Names the settings of the stream that could republish, mirror or discard entries; nil if there are none. The stream may
  /// have been created by another client.
  static func problem(of stream: StreamInfo, wanted: StreamConfiguration) -> String? {
    var settings = stream.differences(from: wanted, besides: free)
    if let age = stream.configuration.maxAge, age < min(wanted.maxAge ?? leastAge, leastAge) {
      settings.append("max_age")
    }
    guard !settings.isEmpty else { return nil }
    return
      "the stream of the audit record is not as the platform makes it (\(settings.joined(separator: ", "))), and may lose entries or "
      + "have them removed: docs/platform.md, \"The audit record\", says how to inspect and recreate it"
  }

  /// The error about a stream in the account of the fleet that captures the subjects of the record; nil when there is
  /// none.
  static func impostor(_ jetStream: JetStream) async throws(JetStreamError) -> String? {
    try await jetStream.streamNames(subject: apiPrefix + ".>").first.map {
      "the stream \(SafeText.quoted($0)) in the account of the fleet captures the subjects of the audit record: find out who created it, and remove it"
    }
  }

  /// JetStream of the record's account, as far as it is imported.
  static func jetStream(_ client: NATSClient, timeout: Duration = .seconds(5)) -> JetStream {
    JetStream(client, timeout: timeout, apiPrefix: apiPrefix)
  }
}

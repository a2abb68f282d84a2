import JetStream
import NATS

/// The audit record as the account of the fleet reaches it.
///
/// Its stream is in an account of its own that accepts no connection. What is imported from there is therefore all that any
/// holder of the platform's keys can do to it: add an entry, read, and make the stream where there is none.
enum AuditRecord {
  /// The account of the stream.
  static let account = "AUDIT"
  /// The subjects that the stream keeps, in its account.
  static let subjects = "pls.audit.>"
  /// What the subjects of entries begin with in the account of the fleet; the action follows.
  ///
  /// Not those of the stream: one of an earlier version in the account of the fleet would acknowledge them, too.
  static let entryPrefix = apiPrefix + ".entry."
  /// What the subjects of requests to JetStream about the stream begin with in the account of the fleet.
  static let apiPrefix = "pls.record"
  /// The requests that are imported. None of them changes or removes anything, nor has the server publish by itself.
  static let requests = ["STREAM.INFO", "STREAM.CREATE", "STREAM.MSG.GET", batchRequest]
  /// The one of them with several answers.
  static let batchRequest = "DIRECT.GET"
  /// The request that is imported only while an administrator changes the limits of the stream.
  static let updateRequest = "STREAM.UPDATE"

  /// Settings in which the stream may differ from what is wanted without being able to lose or remove entries.
  private static let free: Set<String> = [
    "max_bytes", "max_age", "num_replicas", "duplicate_window", "description", "metadata", "placement",
    "compression",
    "consumer_limits", "first_seq",
  ]
  /// The shortest time for which entries have to stay, unless less is configured.
  private static let leastAge = Duration.seconds(86_400)

  /// What is wrong with the stream; nil when it keeps what it was given. Its maker may have it publish (`republish`), copy or
  /// drop what it keeps.
  static func problem(of stream: StreamInfo, wanted: StreamConfiguration) -> String? {
    var settings = stream.differences(from: wanted, besides: free)
    if let age = stream.configuration.maxAge, age < min(wanted.maxAge ?? leastAge, leastAge) {
      settings.append("max_age")
    }
    guard !settings.isEmpty else { return nil }
    return
      "the stream of the audit record is not as the platform makes it (\(settings.joined(separator: ", "))), and may lose entries or "
      + "have them removed: docs/platform.md, \"The audit record\", says how to look at it and to make it anew"
  }

  /// What keeps the subjects of the record in the account of the fleet, where it would answer in its place.
  static func impostor(_ jetStream: JetStream) async throws(JetStreamError) -> String? {
    try await jetStream.streamNames(subject: apiPrefix + ".>").first.map {
      "the stream \(SafeText.quoted($0)) in the account of the fleet keeps the subjects of the audit record: find out who made it, and remove it"
    }
  }

  /// JetStream of the account of the record, as far as it is imported.
  static func jetStream(_ client: NATSClient, timeout: Duration = .seconds(5)) -> JetStream {
    JetStream(client, timeout: timeout, apiPrefix: apiPrefix)
  }
}

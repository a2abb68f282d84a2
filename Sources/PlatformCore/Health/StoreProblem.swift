import JetStream

/// One-line descriptions of store failures for operators: what happened and what to do.
enum StoreProblem {
  /// The most streams to name.
  private static let maximumNamed = 4

  /// The description of the failures of streams, by stream name; nil when there are none.
  static func text(_ failures: [String: JetStreamError]) -> String? {
    let errors = failures.sorted { $0.key < $1.key }
    let names = errors.prefix(maximumNamed).map(\.key).joined(separator: ", ")
    let streams = names + (errors.count > maximumNamed ? " and \(errors.count - maximumNamed) more" : "")
    if let full = errors.first(where: { isCertain($0.value) }) {
      return
        "JetStream's store is full (\(full.key): \(full.value.message)): raise the size of the stream in platform.yaml (streams.*, buckets.*), "
        + "max_file_store or the limits of the account in nats-server.conf, or make room on the disk"
    }
    if errors.contains(where: { $0.value.code == .timeout }) {
      return
        "JetStream's store takes no messages (\(streams)): nats-server confirms none, as after a write failed on a full disk; make room "
        + "in its store_dir, and restart nats-server if this does not end within a minute"
    }
    if errors.contains(where: { $0.value.message.contains("not enabled") }) {
      return
        "JetStream is off in nats-server, which turns it off when the disk of its store_dir is full: make room there and restart "
        + "nats-server"
    }
    guard let first = errors.first?.value else { return nil }
    if [.noResponders, .notFound].contains(first.code) {
      return
        "JetStream does not answer for \(streams): it has no leader there, or is off; look at nats-server's log. Where it was turned off "
        + "because its store_dir was full, make room and restart nats-server"
    }
    return "JetStream's store takes no messages (\(streams)): \(first.message)"
  }

  /// Whether an error proves that nothing can be stored. Time-outs and elections are temporary.
  static func isCertain(_ error: JetStreamError) -> Bool {
    if case .api(let code) = error.code { exhausted.contains(code) } else { false }
  }

  /// `err_code`s of ADR-7: resource limits of the account (10002), the server (10023), memory (10028) and storage
  /// (10047), and a message that could not be stored (10077).
  private static let exhausted: Set<Int> = [10002, 10023, 10028, 10047, 10077]
}

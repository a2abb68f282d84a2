import JetStream
import Logging

/// Watches a bucket for as long as the task lasts, whatever happens to the servers.
enum Watching {
  private static let pause = Duration.seconds(1)

  /// Hands on what a watch tells. After a failure the watch begins anew, so what is there is told again.
  static func run(
    _ bucket: KeyValueBucket, keys: String = ">", logger: Logger,
    _ observe: (KeyValueWatch.Element) -> Void
  ) async {
    while !Task.isCancelled {
      do {
        for try await element in bucket.watch(keys) { observe(element) }
      } catch {
        logger.warning(
          "a bucket can't be watched, trying again",
          metadata: ["bucket": "\(bucket.name)", "reason": "\(error)"])
      }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: pause)
    }
  }
}

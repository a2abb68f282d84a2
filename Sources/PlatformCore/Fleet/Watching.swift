import JetStream
import Logging

/// Watches a bucket until the task is cancelled, and restarts the watch after a failure.
enum Watching {
  private static let pause = Duration.seconds(1)

  /// Passes the elements of a watch to `observe`. A restarted watch delivers the whole bucket again.
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

import JetStream
import Logging

extension KeyValueBucket {
  /// Watches keys until the task is cancelled, and restarts the watch after a failure.
  ///
  /// - Parameter receive: Called with each element. A restarted watch delivers the whole bucket again.
  func observe(
    _ keys: String = ">", logger: Logger, _ receive: (KeyValueWatch.Element) -> Void
  ) async {
    while !Task.isCancelled {
      do {
        for try await element in watch(keys) { receive(element) }
      } catch {
        logger.warning(
          "a bucket can't be watched, trying again",
          metadata: ["bucket": "\(name)", "reason": "\(error)"])
      }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: .seconds(1))
    }
  }
}

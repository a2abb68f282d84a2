import Logging
import PlatformAPI

/// Records in the registry which identities two machines seem to use.
struct DuplicateIdentityRecorder: Sendable {
  /// The most reports that wait to be written; each recurs while the condition lasts.
  private static let maximumWaiting = 256

  private let registry: Registry
  private let logger: Logger
  private let stream: AsyncStream<(uuid: String, seen: String)>
  private let continuation: AsyncStream<(uuid: String, seen: String)>.Continuation

  init(registry: Registry, logger: Logger) {
    self.registry = registry
    self.logger = logger
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.maximumWaiting))
  }

  /// Queues a report; never waits.
  func report(_ uuid: String, _ seen: String) {
    if registry.agent(uuid)?.cloneSuspected == nil { continuation.yield((uuid, seen)) }
  }

  /// Writes the reports until the task is cancelled.
  func run() async {
    for await (uuid, seen) in stream where registry.agent(uuid)?.cloneSuspected == nil {
      do throws(APIError) {
        _ = try await registry.suspectClone(uuid, seen)
      } catch {
        logger.warning(
          "a duplicate identity was not recorded", metadata: ["agent": "\(uuid)", "reason": "\(error)"])
      }
    }
  }
}

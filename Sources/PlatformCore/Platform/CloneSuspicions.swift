import Logging
import PlatformAPI

/// Writes into the registry which identities two machines seem to use.
struct CloneSuspicions: Sendable {
  /// How many wait to be written; each is seen again while it lasts.
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

  /// Takes one; never waits.
  func note(_ uuid: String, _ seen: String) {
    if registry.agent(uuid)?.cloneSuspected == nil { continuation.yield((uuid, seen)) }
  }

  /// Writes until the task is cancelled.
  func run() async {
    for await (uuid, seen) in stream where registry.agent(uuid)?.cloneSuspected == nil {
      do throws(APIError) {
        _ = try await registry.suspectClone(uuid, seen)
      } catch {
        logger.warning("a clone was not noted", metadata: ["agent": "\(uuid)", "reason": "\(error)"])
      }
    }
  }
}

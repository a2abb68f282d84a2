import AgentProtocol
import HostControl
import Locks
import Logging

/// Monitors an update that continues after its command was answered, and raises an alert at its end. After a restart the next agent
/// takes over. Until the end no other update starts.
final class DetachedUpdateMonitor: Sendable {
  private let unit: any UpdateUnit
  private let folder: UpdateFolder
  private let distribution: String
  private let raise: @Sendable (AlertPayload) async -> Void
  private let logger: Logger
  private let pending: Locked<Bool>
  /// Serialises access to the mark in the folder.
  private let marking = Locked(())
  private let begun: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  /// Creates a monitor, which also takes over the update of an earlier agent.
  ///
  /// - Parameter raise: Delivers an alert to the platform, and returns after the server has confirmed it.
  init(
    unit: any UpdateUnit, folder: UpdateFolder, distribution: String, logger: Logger,
    raise: @escaping @Sendable (AlertPayload) async -> Void
  ) {
    self.unit = unit
    self.folder = folder
    self.distribution = distribution
    self.logger = logger
    self.raise = raise
    (begun, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    pending = Locked(folder.isAnswered)
    if isPending { signal.yield() }
  }

  /// Whether an update runs whose command was answered.
  var isPending: Bool { pending.withLock { $0 } }

  /// Takes over an update before its command is answered.
  func begin() {
    pending.withLock { $0 = true }
    marking.withLock { _ in
      do throws(UpdateFolderError) {
        try folder.markAnswered()
      } catch {
        logger.warning(
          "after a restart the end of the update will not be reported", metadata: ["reason": "\(error)"])
      }
    }
    signal.yield()
  }

  /// Reports the end of each update until the task is cancelled. Call this once.
  func run() async {
    for await _ in begun where isPending {
      await unit.waitUntilEnded(logger)
      if Task.isCancelled { return }
      await finish()
    }
  }

  private func finish() async {
    let state = UpdateState?.reading(folder, logger)
    let answer = UpdateReport(distribution: distribution, state: state, folder: folder, limit: 0)
    // Another update may start before the alert is delivered.
    pending.withLock { $0 = false }
    await raise(answer.alert(unit: unit.name))
    // The mark stays, so that the next agent repeats the alert.
    if Task.isCancelled { return }
    marking.withLock { _ in
      // The mark may already belong to the next update.
      guard !isPending else { return }
      do throws(UpdateFolderError) {
        try folder.clearAnswered()
      } catch {
        logger.warning("the end of the update will be reported again", metadata: ["reason": "\(error)"])
      }
    }
  }
}

extension UpdateUnit {
  /// Waits for the end of the service, and retries after errors: an update may restart the bus. Returns early only when the task is
  /// cancelled.
  func waitUntilEnded(_ logger: Logger) async {
    var isLogged = false
    while !Task.isCancelled {
      do throws(UpdateUnitError) {
        return try await waitForEnd()
      } catch {
        if Task.isCancelled { return }
        if !isLogged {
          logger.warning("the update cannot be monitored, retrying", metadata: ["reason": "\(error)"])
        }
        isLogged = true
      }
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
    }
  }
}

extension UpdateState? {
  /// Reads the state of the update in a folder. nil without a state; errors are logged.
  static func reading(_ folder: UpdateFolder, _ logger: Logger) -> UpdateState? {
    do throws(UpdateFolderError) {
      return try folder.state()
    } catch {
      logger.warning("the state of the update cannot be read", metadata: ["reason": "\(error)"])
      return nil
    }
  }
}

import AgentProtocol
import HostControl
import Locks
import Logging

/// What follows when a command was answered and its update still runs: the end is told as an alert, by this agent or by one
/// that comes after it. Until then no other update starts.
final class DetachedUpdateMonitor: Sendable {
  private let unit: any UpdateUnit
  private let folder: UpdateFolder
  private let distribution: String
  private let raise: @Sendable (AlertPayload) async -> Void
  private let logger: Logger
  private let pending: Locked<Bool>
  /// Who touches the note in the folder.
  private let marking = Locked(())
  private let begun: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  /// A monitor; what an earlier agent has left is taken up with `run()`.
  ///
  /// - Parameter raise: Brings an alert to the platform; returns when it has arrived.
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

  /// Whether an update runs whose command is answered.
  var isPending: Bool { pending.withLock { $0 } }

  /// Takes over an update whose command is about to be answered.
  func begin() {
    pending.withLock { $0 = true }
    marking.withLock { _ in
      do throws(UpdateFolderError) {
        try folder.markAnswered()
      } catch {
        logger.warning(
          "after a restart nobody tells how the update ended", metadata: ["reason": "\(error)"])
      }
    }
    signal.yield()
  }

  /// Tells the end of each update that was taken over, until the task is cancelled. To be called once.
  func run() async {
    for await _ in begun where isPending {
      await unit.waitUntilEnded(logger)
      if Task.isCancelled { return }
      await finish()
    }
  }

  private func finish() async {
    let state = UpdateState?.reading(folder, logger)
    let answer = UpdateAnswer(distribution: distribution, state: state, folder: folder, limit: 0)
    // Another one may start, however long the alert takes.
    pending.withLock { $0 = false }
    await raise(answer.alert(unit: unit.name))
    // An agent that ends here must tell it when it is back.
    if Task.isCancelled { return }
    marking.withLock { _ in
      // By now the note may be that of the next update, which goes on too.
      guard !isPending else { return }
      do throws(UpdateFolderError) {
        try folder.clearAnswered()
      } catch {
        logger.warning("the end of the update will be told again", metadata: ["reason": "\(error)"])
      }
    }
  }
}

extension UpdateUnit {
  /// Waits until it has ended, whatever happens to the way to it meanwhile: an update may restart the bus. Returns early
  /// only when the task is cancelled.
  func waitUntilEnded(_ logger: Logger) async {
    var isLogged = false
    while !Task.isCancelled {
      do throws(UpdateUnitError) {
        return try await waitForEnd()
      } catch {
        if Task.isCancelled { return }
        if !isLogged {
          logger.warning("the update can't be watched, trying on", metadata: ["reason": "\(error)"])
        }
        isLogged = true
      }
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
    }
  }
}

extension UpdateState? {
  /// How far the update of a folder is; nil when there is none, or no telling, which is logged.
  static func reading(_ folder: UpdateFolder, _ logger: Logger) -> UpdateState? {
    do throws(UpdateFolderError) {
      return try folder.state()
    } catch {
      logger.warning("no telling how far the update is", metadata: ["reason": "\(error)"])
      return nil
    }
  }
}

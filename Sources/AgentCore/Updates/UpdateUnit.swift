/// The service in which an update runs, apart from the agent: one a machine.
protocol UpdateUnit: Sendable {
  /// Its name.
  var name: String { get }

  /// Starts it on a folder that is prepared; returns once it runs.
  func start(in folder: String) async throws(UpdateUnitError)

  /// Whether it runs.
  func isRunning() async throws(UpdateUnitError) -> Bool

  /// Waits until it does not run. Throws as soon as its task is cancelled.
  func waitForEnd() async throws(UpdateUnitError)

  /// Asks it to stop, and does not wait for that.
  func requestStop() async throws(UpdateUnitError)
}

/// The service of an update can't be started or asked.
struct UpdateUnitError: Error, Equatable, CustomStringConvertible {
  /// What happened, and what to do.
  let description: String
  /// Whether what was asked for may still be done: there was no answer.
  var isOpen = false
}

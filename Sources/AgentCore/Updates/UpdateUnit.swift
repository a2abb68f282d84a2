/// The service in which an update runs, separate from the agent. A machine has one.
protocol UpdateUnit: Sendable {
  /// The unit name.
  var name: String { get }

  /// Starts the service on a prepared folder, and returns once it runs.
  func start(in folder: String) async throws(UpdateUnitError)

  /// Whether the service runs.
  func isRunning() async throws(UpdateUnitError) -> Bool

  /// Waits for the end of the service. Throws when the task is cancelled.
  func waitForEnd() async throws(UpdateUnitError)

  /// Requests a stop without waiting for it.
  func requestStop() async throws(UpdateUnitError)
}

/// An error of starting or querying the service of an update.
struct UpdateUnitError: Error, Equatable, CustomStringConvertible {
  /// The error and what to do about it.
  let description: String
  /// Whether the request may still be carried out, as there was no reply.
  var isOutcomeUnknown = false
}

import HostControl

/// Sends keep-alive notifications to the service manager where `WatchdogSec=` (systemd.service(5)) is set.
struct Watchdog: Sendable {
  private let notifier: ServiceNotifier

  init(_ notifier: ServiceNotifier) {
    self.notifier = notifier
  }

  /// Sends a notification every third of the interval until the task is cancelled. Run it on the executor that is to be
  /// monitored.
  func run() async {
    guard let limit = notifier.watchdogInterval else { return }
    while !Task.isCancelled {
      notifier.watchdog()
      do { try await Task.sleep(for: limit / 3) } catch { return }
    }
  }
}

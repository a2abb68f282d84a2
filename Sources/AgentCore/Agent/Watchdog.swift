import HostControl

/// Tells the service manager at intervals that this program is alive, if it wants to know (WatchdogSec=, systemd.service(5)).
struct Watchdog: Sendable {
  private let notifier: ServiceNotifier

  init(_ notifier: ServiceNotifier) {
    self.notifier = notifier
  }

  /// Does it until the task is cancelled. Run it where it stops when that which it watches over does.
  func run() async {
    guard let limit = notifier.watchdogInterval else { return }
    while !Task.isCancelled {
      notifier.watchdog()
      do { try await Task.sleep(for: limit / 3) } catch { return }
    }
  }
}

import AgentProtocol
import Glibc
import HostControl
import HostMetrics
import Logging

extension SystemUpdate {
  /// The operation, for this machine.
  ///
  /// - Parameters:
  ///   - stateFolder: Where the agent keeps what must be known after a restart; without one an update is found again until
  ///     the next boot.
  ///   - raise: Brings an alert to the platform; returns when it has arrived.
  init(
    stateFolder: String?, host: HostIdentityReader, logger: Logger,
    raise: @escaping @Sendable (AlertPayload) async -> Void
  ) {
    let folder = UpdateFolder(path: (stateFolder ?? "/run/plusclouds-agent") + "/update")
    let unit = SystemdUpdateUnit(systemd: .shared, executable: Self.ownExecutable)
    self.init(
      unit: unit, folder: folder,
      detachedUpdates: DetachedUpdateMonitor(
        unit: unit, folder: folder, distribution: host.read().operatingSystem, logger: logger, raise: raise),
      logger: logger
    ) {
      let identity = host.read()
      return System(
        family: identity.systemFamily, name: identity.operatingSystem,
        hasApt: access(AptCommand.aptGet, X_OK) == 0, isRoot: geteuid() == 0)
    }
  }

  /// This agent's program file. One that was replaced since it started is taken in its new version.
  private static var ownExecutable: String {
    let room = Int(PATH_MAX)
    var buffer = [CChar](repeating: 0, count: room)
    let count = readlink("/proc/self/exe", &buffer, room)
    let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    // proc_pid_exe(5)
    let mark = " (deleted)"
    return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
  }
}

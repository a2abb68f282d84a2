import AgentProtocol
import Glibc
import HostControl
import HostMetrics
import LinuxMetrics
import Logging

extension SystemUpdate {
  /// Creates the operation for this machine.
  ///
  /// - Parameters:
  ///   - stateFolder: The state folder; without one an update is found again only until the next boot.
  ///   - raise: Delivers an alert to the platform.
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

  /// The path of the agent's executable, without the mark of a replaced file.
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

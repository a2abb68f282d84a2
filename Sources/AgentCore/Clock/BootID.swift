import HostControl

/// The identity of the current boot.
enum BootID {
  /// The kernel's boot id (random(4)) and the start time of PID 1, as a container restarts without the kernel. Empty where
  /// neither can be read.
  static var current: String {
    let first = ProcessIdentity(of: 1).map { "\($0.startTicks)" }
    return [kernel, first].compactMap { $0 }.joined(separator: "/")
  }

  private static var kernel: String? {
    do {
      let bytes = try FileBytes(path: "/proc/sys/kernel/random/boot_id").bytes
      return String(decoding: bytes.prefix { $0 > 0x20 }.prefix(36), as: UTF8.self)
    } catch {
      return nil
    }
  }
}

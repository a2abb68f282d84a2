import HostControl

/// Which boot of the machine this is.
enum BootID {
  /// The kernel's name of its own boot (random(4)), and when the first process started: a container boots again without the
  /// kernel. Empty where neither can be read.
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

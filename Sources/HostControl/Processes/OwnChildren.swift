import Glibc

/// The children of a process: /proc/PID/task/TID/children (proc_tid_children(5)).
enum OwnChildren {
  static func read(_ pid: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc/\(pid)/task") else { return [] }
    defer { closedir(folder) }
    var children: [pid_t] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { name in
        String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let thread = pid_t(name) else { continue }
      children.append(contentsOf: readList("/proc/\(pid)/task/\(thread)/children"))
    }
    return children
  }

  private static func readList(_ path: String) -> [pid_t] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var text: [UInt8] = []
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while text.count < 1024 * 1024 {
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        text.append(contentsOf: buffer[..<count])
      }
    }
    return text.split(separator: UInt8(ascii: " ")).compactMap { digits in
      pid_t(String(decoding: digits, as: UTF8.self))
    }
  }
}

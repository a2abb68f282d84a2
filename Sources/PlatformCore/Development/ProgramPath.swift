import Glibc

/// Where this program is.
enum ProgramPath {
  /// The absolute path; nil where /proc is not to be had.
  static var current: String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}

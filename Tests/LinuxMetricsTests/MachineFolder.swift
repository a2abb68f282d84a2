import FoundationEssentials
import Glibc
import LinuxMetrics

/// A temporary folder with the layout of a machine's /proc, /sys and /dev. Removed with its last reference.
final class MachineFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/host-metrics-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    // A leftover in /tmp is harmless.
    try? FileManager.default.removeItem(atPath: path)
  }

  var files: HostFiles {
    HostFiles(
      proc: path + "/proc", sys: path + "/sys", dev: path + "/dev",
      osReleaseFolders: [path + "/etc", path + "/usr/lib"])
  }

  func write(_ name: String, _ text: String) throws { try write(name, bytes: Array(text.utf8)) }

  func write(_ name: String, bytes: [UInt8]) throws {
    try makeParents(of: name)
    let file = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw SystemFailure("open \(name)") }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw SystemFailure("write \(name)") }
      rest = rest.dropFirst(count)
    }
  }

  func link(_ name: String, to target: String) throws {
    try makeParents(of: name)
    guard symlink(target, path + "/" + name) == 0 else { throw SystemFailure("symlink \(name)") }
  }

  /// A block device in sysfs and devfs.
  func addDevice(_ name: String, _ number: String) throws {
    try link("sys/dev/block/\(number)", to: "../../devices/virtual/block/\(name)")
    try write("sys/class/block/\(name)/dev", number + "\n")
  }

  func makeFolder(_ name: String) throws -> String {
    try makeParents(of: name + "/x")
    return path + "/" + name
  }

  private func makeParents(of name: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw SystemFailure("mkdir \(folder)") }
    }
  }
}

struct SystemFailure: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) {
    description = "\(what): \(String(cString: strerror(errno)))"
  }
}

/// Runs a command and returns its output.
func output(of command: String) throws -> String {
  guard let pipe = popen("LC_ALL=C " + command, "r") else { throw SystemFailure(command) }
  defer { pclose(pipe) }
  var text: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, buffer.count, pipe)
    guard count > 0 else { break }
    text += buffer.prefix(count)
  }
  return String(decoding: text, as: UTF8.self)
}

/// Waits until a condition holds, at most a minute.
func eventually(_ condition: () async -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if await condition() { return true }
    try await Task.sleep(for: .milliseconds(2))
  }
  return false
}

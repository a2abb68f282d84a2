import Foundation
import Glibc

/// A program of a test, ended with the test.
final class TransportProgram {
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  let process = Process()
  let folder: URL

  /// Finds a program in an environment variable, in `.tools/bin` or in `PATH`.
  static func find(_ name: String, variable: String? = nil) throws -> String {
    let environment = ProcessInfo.processInfo.environment
    var candidates: [String] = []
    if let variable, let path = environment[variable], !path.isEmpty { candidates.append(path) }
    candidates.append(".tools/bin/\(name)")
    candidates += (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
    candidates += ["/usr/sbin/\(name)", "/usr/bin/\(name)"]
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw Missing(description: "\(name) is not installed")
    }
    return found
  }

  init(_ path: String, _ arguments: [String], in folder: URL) throws {
    self.folder = folder
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let log = folder.appendingPathComponent("log-\(UUID().uuidString)")
    try Data().write(to: log)
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  func stop() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Runs a program to its end.
  static func run(_ name: String, _ arguments: [String], in folder: URL) throws {
    let program = try TransportProgram(find(name), arguments, in: folder)
    program.process.waitUntilExit()
    guard program.process.terminationStatus == 0 else {
      throw Missing(description: "\(name) \(arguments.joined(separator: " ")) failed, see \(folder.path)")
    }
  }

  static func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nats-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  static func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 ? getsockname(socket, $0, &size) : -1
      }
    }
    guard status == 0 else { throw Missing(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

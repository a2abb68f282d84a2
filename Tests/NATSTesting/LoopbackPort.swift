import Glibc
import Locks

/// A free TCP port of the loopback interface, reserved for the lifetime of this object.
package final class LoopbackPort: Sendable {
  package let port: Int
  private let descriptor: Int32

  private static let given = Locked<Set<Int>>([])

  /// Reserves a free port outside the kernel's ephemeral range, so that it stays free between its release and the start of a
  /// server. Each port is returned once per process.
  package static func free() throws -> LoopbackPort {
    for _ in 0..<100 {
      let port = Int.random(in: 10_240..<32_768)
      guard given.withLock({ $0.insert(port).inserted }) else { continue }
      do { return try LoopbackPort(port: port, isReused: false) } catch { continue }
    }
    throw NATSServerProcess.Failure(description: "no free port is available")
  }

  /// Reserves `port` again after its server has ended.
  package convenience init(port: Int) throws {
    try self.init(port: port, isReused: true)
  }

  private init(port wanted: Int, isReused: Bool) throws {
    // A process that is started meanwhile must not inherit the socket.
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw NATSServerProcess.Failure(description: "no socket is available") }
    if isReused {
      // Connections of the ended server may be in TIME_WAIT.
      var on: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_port = UInt16(wanted).bigEndian
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
      let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      return bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
    }
    guard bound else {
      close(descriptor)
      throw NATSServerProcess.Failure(description: "no free port is available")
    }
    self.descriptor = descriptor
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit {
    close(descriptor)
  }
}

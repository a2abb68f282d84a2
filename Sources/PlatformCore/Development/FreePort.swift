import Glibc

/// TCP ports of the loopback.
enum FreePort {
  /// Returns `preferred` if it is free and not 0, else a random free port below the kernel's ephemeral ones.
  static func choose(_ preferred: Int) -> Int {
    if preferred != 0, isFree(preferred) { return preferred }
    for _ in 0..<100 {
      let port = Int.random(in: 10_240..<32_768)
      if isFree(port) { return port }
    }
    return preferred
  }

  /// Whether a server can listen on a port.
  static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Connections of a former server may linger.
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(clamping: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafeBytes(of: &address) { bytes in
      guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
      return bind(descriptor, pointer, socklen_t(bytes.count)) == 0 && listen(descriptor, 1) == 0
    }
  }
}

import Glibc

/// The datagram socket of a service manager.
enum NotificationSocket {
  /// The send timeout, in seconds.
  private static let timeout = 1

  /// Whether a text is an address: an absolute path, or `@` and an abstract name, within the kernel's limit.
  static func isAddress(_ text: String) -> Bool {
    let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
    return text.utf8.count > 1 && text.utf8.count < capacity
      && (text.utf8.first == UInt8(ascii: "/") || isAbstract(text))
  }

  private static func isAbstract(_ text: String) -> Bool { text.utf8.first == UInt8(ascii: "@") }

  /// Sends a message.
  ///
  /// - Returns: Whether it was sent.
  static func send(_ message: String, to text: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: timeout, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path.copyBytes(from: text.utf8)
      // An abstract name begins with a NUL byte, and its length is given by that of the address.
      if isAbstract(text) { path[0] = 0 }
    }
    let pathOffset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    let length = socklen_t(pathOffset + text.utf8.count + (isAbstract(text) ? 0 : 1))
    var bytes = Array(message.utf8)
    let count = bytes.count
    return withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        while true {
          let sent = sendto(descriptor, &bytes, count, Int32(MSG_NOSIGNAL), address, length)
          if sent == count { return true }
          if errno != EINTR { return false }
        }
      }
    }
  }
}

import Glibc

/// A blocking socket with minimal NATS, as a floor: the cost of kernel and server, without a client.
package final class RawConnection {
  private let descriptor: Int32
  /// The number of matched bytes of the word of `readCounting`.
  private var matched = 0
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)

  package init(port: UInt16) throws {
    guard let descriptor = Self.connect(port: port) else {
      throw BenchmarkFailure("no connection to the server")
    }
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    _ = readSome()  // INFO
    send(
      "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"0\",\"protocol\":0}\r\nPING\r\n"
    )
    readUntil("PONG\r\n")
  }

  deinit {
    close(descriptor)
  }

  package func send(_ text: String) {
    send(Array(text.utf8))
  }

  package func send(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
        guard count > 0 else { return }
        sent += count
      }
    }
  }

  /// Waits for one read. Returns the number of bytes.
  package func readSome() -> Int {
    read(descriptor, &buffer, buffer.count)
  }

  /// Reads until `word` has arrived; the server may send a PING directly after it.
  package func readUntil(_ word: String) {
    let word = Array(word.utf8)
    var tail: [UInt8] = []
    while true {
      let count = readSome()
      guard count > 0 else { return }
      tail += buffer[max(0, count - 256)..<count]
      if tail.count >= word.count {
        for start in 0...(tail.count - word.count)
        where tail[start..<(start + word.count)].elementsEqual(word) {
          return
        }
      }
      tail.removeFirst(max(0, tail.count - word.count))
    }
  }

  /// Waits for one read. Returns the number of occurrences of `word`, including one that began in the previous read.
  package func readCounting(_ word: StaticString) -> Int {
    let count = readSome()
    guard count > 0 else { return .max }
    var found = 0
    for byte in buffer[..<count] {
      // Correct only for words whose first byte does not recur at a position that could match.
      let isNext = byte == word.utf8Start[matched]
      matched = isNext ? matched + 1 : byte == word.utf8Start[0] ? 1 : 0
      if matched == word.utf8CodeUnitCount {
        found += 1
        matched = 0
      }
    }
    return found
  }

  /// Reads `total` bytes.
  package func readBytes(_ total: Int) {
    var left = total
    while left > 0 {
      let count = readSome()
      guard count > 0 else { return }
      left -= count
    }
  }

  package static func accepts(port: UInt16) -> Bool {
    guard let descriptor = connect(port: port) else { return false }
    close(descriptor)
    return true
  }

  package static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
      let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      return bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
    }
    guard bound else { throw BenchmarkFailure("no free port") }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func connect(port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port: port)
    let result = withUnsafeMutableBytes(of: &address) { bytes in
      Glibc.connect(
        descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_in>.size))
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return address
  }
}

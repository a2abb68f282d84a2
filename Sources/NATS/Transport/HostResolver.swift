import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A resolver of host names. Returns all addresses in random order (ADR-11).
///
/// The resolver of the system blocks and may take far longer than a connect. It therefore runs on a thread pool, and concurrent
/// queries for one host share their result: a name server that does not answer blocks one thread, regardless of retries.
final class HostResolver: Sendable {
  static let shared = HostResolver()

  private let underway = NIOLockedValueBox<[String: EventLoopFuture<[SocketAddress]>]>([:])

  /// - Throws: `connectionFailed` if the host has no address, `timeout` at the deadline.
  func resolve(
    host: String, port: Int, on eventLoop: any EventLoop, deadline: NIODeadline
  ) async throws(NATSError) -> [SocketAddress] {
    if host.contains("%") {
      return try Self.linkLocal(host: host, port: port)
    }
    if IPAddress.isLiteral(host) {
      do {
        return [try SocketAddress(ipAddress: host, port: port)]
      } catch {
        throw NATSError(.connectionFailed, "'\(host)' cannot be used as an IP address: \(error)")
      }
    }
    return try await lookUp(host: host, port: port, on: eventLoop).value(
      by: deadline, orThrow: NATSError(.timeout, "the name server gave no answer for '\(host)' in time"))
  }

  /// Resolves a link-local address with its zone. The kernel supplies the index of the interface; no name server is queried.
  private static func linkLocal(host: String, port: Int) throws(NATSError) -> [SocketAddress] {
    let zone = host.drop { $0 != "%" }.dropFirst()
    guard if_nametoindex(String(zone)) != 0 || Int(zone) != nil else {
      throw NATSError(.connectionFailed, "cannot use '\(host)': there is no network interface \(zone)")
    }
    do {
      return try query(host: host, port: port, flags: AI_NUMERICHOST)
    } catch {
      throw error as? NATSError ?? NATSError(.connectionFailed, "cannot use '\(host)'")
    }
  }

  private func lookUp(host: String, port: Int, on eventLoop: any EventLoop) -> EventLoopFuture<
    [SocketAddress]
  > {
    let key = "\(host):\(port)"
    let (future, isNew) = underway.withLockedValue { table in
      if let running = table[key] { return (running, false) }
      let running = NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
        try Self.query(host: host, port: port)
      }
      table[key] = running
      return (running, true)
    }
    if isNew {
      future.whenComplete { [underway] _ in underway.withLockedValue { $0[key] = nil } }
    }
    return future.map { $0.shuffled() }
  }

  /// Calls the resolver of the system. Blocks.
  private static func query(
    host: String, port: Int, flags: Int32 = AI_ADDRCONFIG
  ) throws -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    guard status == 0 else {
      let reason =
        status == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(status))
      throw NATSError(.connectionFailed, "cannot resolve '\(host)': \(reason)")
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next {
      if let address = entry.pointee.ai_addr {
        switch entry.pointee.ai_family {
        case AF_INET:
          let value = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
          addresses.append(SocketAddress(value, host: host))
        case AF_INET6:
          let value = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
          addresses.append(SocketAddress(value, host: host))
        default: break
        }
      }
      next = entry.pointee.ai_next
    }
    guard !addresses.isEmpty else {
      throw NATSError(.connectionFailed, "cannot resolve '\(host)': it has no IP address")
    }
    return addresses
  }
}

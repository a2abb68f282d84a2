import Glibc
import HostControl
import Testing

/// The socket of a service manager.
private final class NotificationListener {
  let address: String
  private let descriptor: Int32

  init(isAbstract: Bool) throws {
    let name = "/tmp/notify-\(UInt64.random(in: 0 ... .max))"
    address = isAbstract ? "@" + name : name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var socketAddress = sockaddr_un()
    socketAddress.sun_family = sa_family_t(AF_UNIX)
    let text = address
    withUnsafeMutableBytes(of: &socketAddress.sun_path) { path in
      path.copyBytes(from: text.utf8)
      if isAbstract { path[0] = 0 }
    }
    let length = socklen_t(2 + text.utf8.count + (isAbstract ? 0 : 1))
    let result = withUnsafePointer(to: &socketAddress) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try #require(result == 0)
  }

  deinit {
    close(descriptor)
    if address.hasPrefix("/") { unlink(address) }
  }

  func receive() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
  }
}

@Suite("Notifications to the service manager")
struct ServiceNotifierTests {
  @Test("Messages are sent to a path and to an abstract name", arguments: [false, true])
  func messages(_ isAbstract: Bool) throws {
    let listener = try NotificationListener(isAbstract: isAbstract)
    let notifier = ServiceNotifier(socket: listener.address)
    #expect(notifier.isActive)
    #expect(notifier.ready())
    #expect(listener.receive() == "READY=1")
    #expect(notifier.ready(status: "connected"))
    #expect(listener.receive() == "READY=1\nSTATUS=connected")
    #expect(notifier.status("one\ntwo\r\nREADY=1"))
    #expect(listener.receive() == "STATUS=one two READY=1")
    #expect(notifier.watchdog())
    #expect(listener.receive() == "WATCHDOG=1")
    #expect(notifier.stopping())
    #expect(listener.receive() == "STOPPING=1")
    #expect(notifier.reloading())
    let parts = listener.receive().split(separator: "\n")
    #expect(parts.first == "RELOADING=1")
    let value = try #require(parts.last?.split(separator: "=").last.flatMap { Int64($0) })
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    #expect((Int64(now.tv_sec) - 60) * 1_000_000...(Int64(now.tv_sec) + 1) * 1_000_000 ~= value)
    #expect(parts.count == 2 && parts[1].hasPrefix("MONOTONIC_USEC="))
  }

  @Test("Without a service manager notifications do nothing")
  func withoutManager() {
    #expect(ServiceNotifier(socket: nil).ready())
    #expect(!ServiceNotifier(socket: nil).isActive)
    #expect(!ServiceNotifier(socket: "/tmp/no-such-socket").ready())
  }

  @Test(
    "Invalid addresses are ignored",
    arguments: ["", "/", "@", "relative", "vsock:1:2", "/" + String(repeating: "x", count: 200)])
  func addresses(_ text: String) {
    #expect(!ServiceNotifier(socket: text).isActive)
  }

  @Test("An abstract name may begin with a combining mark")
  func combiningMark() {
    #expect(ServiceNotifier(socket: "@\u{301}name").isActive)
  }

  @Test(
    "The watchdog interval is parsed",
    arguments: [
      ("30000000", nil, Duration.seconds(30)), ("500000", "\(getpid())", .milliseconds(500)),
      ("30000000", "1", nil), ("30000000", "x", nil), ("0", nil, nil), ("-5", nil, nil), ("soon", nil, nil),
      (nil, nil, nil),
    ] as [(String?, String?, Duration?)])
  func watchdog(_ interval: String?, _ pid: String?, _ expected: Duration?) {
    let notifier = ServiceNotifier(socket: nil, watchdogMicroseconds: interval, watchdogPID: pid)
    #expect(notifier.watchdogInterval == expected)
  }
}

import Glibc
import NATSProtocol
import NATSTesting
import Testing

/// The parser accepts what inet_pton(3) accepts.
@Suite struct IPAddressTests {
  private static func system(_ text: String) -> [UInt8]? {
    var address = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &address) == 1 { return Array(address[..<4]) }
    if inet_pton(AF_INET6, text, &address) == 1 { return address }
    return nil
  }

  @Test(arguments: [
    "1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.", ".1.2.3.4",
    "1..2.3", "1.2.3.4.5", "1.2.3.+4", "", "1", "a", "::", "::1", "1::", ":::", ":", "1:", ":1", "1:2",
    "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8", "1::2::3", "12345::", "00001::", "g::", "fe80::1", "FE80::ABCD", "::1.2.3.4",
    "::ffff:10.0.0.1", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5",
    "::01.2.3.4", "1:2:3:4:5:6:7:8:", "::8:", "1:::2", "1:2:3:4:5:6:7", ":1:2:3:4:5:6:7",
  ])
  func matchesTheSystem(text: String) {
    #expect(IPAddress.bytes(text) == Self.system(text))
  }

  @Test func randomTextsMatchTheSystem() {
    var generator = SplitMix64(seed: 11)
    let pieces = ["::", ":", ".", "0", "1", "ff", "255", "256", "10", "abcd", "12345", "1.2.3.4", "g"]
    for _ in 0..<50_000 {
      let text = (0..<Int.random(in: 1...17, using: &generator)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      }.joined()
      #expect(IPAddress.bytes(text) == Self.system(text), "\(text)")
    }
  }

  @Test func zoneIsIgnored() {
    #expect(IPAddress.bytes("fe80::1%eth0") == IPAddress.bytes("fe80::1"))
    #expect(IPAddress.isLinkLocal("fe80::1%eth0") && !IPAddress.isLinkLocal("fd00::1"))
    #expect(IPAddress.bytes("10.0.0.1%eth0") == nil)
    for zone in ["", "\u{9B}x", "a\nb", String(repeating: "e", count: 16)] {
      #expect(IPAddress.bytes("fe80::1%\(zone)") == nil, "\(zone)")
    }
    #expect(!NATSTLSConfiguration.isServerName("fe80::1%eth0"))
    #expect(IPAddress.canonicalBytes("::ffff:10.0.0.1") == [10, 0, 0, 1])
  }
}

import Encoding
import Testing

@testable import HostMetrics

/// Names are compared by their bytes: canonically equivalent ones are different interfaces, mounts and file systems.
@Suite struct IdentityByBytesTests {
  private static let composed = "caf\u{e9}"
  private static let decomposed = "cafe\u{301}"

  @Test func canonicallyEquivalentInterfacesHaveTheirOwnRates() {
    func sample(_ nanoseconds: UInt64, _ lines: [(name: String, bytes: Int)]) -> NetworkSample {
      let text = lines.map { "\($0.name): \($0.bytes) 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n" }.joined()
      return scanning(text) { content in
        NetworkSample(time: MonotonicTime(nanoseconds: nanoseconds), content) { _ in true }
      }
    }
    let before = sample(0, [(Self.composed, 0), (Self.decomposed, 0), ("K", 0), ("\u{212a}", 0)])
    let after = sample(
      1_000_000_000, [(Self.decomposed, 20), (Self.composed, 10), ("\u{212a}", 40), ("K", 30)])
    let rates = after.rates(since: before)
    #expect(rates.count == 4)
    let usage = after.usage(rates: rates, attributes: [nil, nil, nil, nil])
    #expect(usage.map(\.rxBytesPerSecond) == [20, 10, 40, 30])
  }

  @Test func canonicallyEquivalentDatasetsAreTwoDisks() {
    let table = """
      1 0 0:40 / /a rw - zfs tank/\(Self.composed) rw
      2 1 0:41 / /b rw - zfs tank/\(Self.decomposed) rw
      3 1 0:42 / /c rw - zfs \u{212a}/x rw
      4 1 0:43 / /d rw - zfs K/x rw

      """
    let plan = DiskPlan(scanning(table) { MountTable($0) }, BlockDeviceTable())
    #expect(plan.volumes.map(\.mountpoint) == ["/a", "/b", "/c", "/d"])
    #expect(plan.volumes.compactMap { $0.pool.map { ExactString($0) } } == ["tank", "tank", "\u{212a}", "K"])
  }

  @Test func canonicallyEquivalentMountpointsAreTwoMounts() throws {
    func key(_ mountpoint: String) throws -> ProbeTarget.Key {
      let entry = try #require(
        scanning("1 0 8:1 / /\(mountpoint) rw - ext4 /dev/sda1 rw") { MountEntry(&$0) })
      return ProbeTarget(entry, pathPrefix: "", isWatchedOnly: false, mayBlockForever: false).key
    }
    #expect(try key(Self.composed) != key(Self.decomposed))
    #expect(try key("K") != key("\u{212a}"))
    #expect(try key("K") == key("K"))
  }

  /// A combining character after the prefix makes one Character of both, which `hasPrefix` does not match.
  @Test func prefixesAndSeparatorsAreFoundBeforeCombiningCharacters() throws {
    let fuse = try #require(
      scanning("1 0 0:5 / /m rw - fuse.\u{301}x src rw") { MountEntry(&$0) })
    #expect(fuse.kind == .remote)
    #expect(InterfaceName.hasIgnoredPrefix("veth\u{301}0"))
    #expect(!InterfaceName.isPathComponent("a/\u{301}b"))
    #expect(BlockDevice.path(ofSource: "/dev/\u{301}a") == "/dev/\u{301}a")
    #expect(BlockDevice.path(ofSource: "/dev/sda:\u{301}/dev/sdb") == "/dev/sda")
    #expect(BlockDevice.name(inPath: "../\u{301}x/\u{301}dm-0") == "/dev/\u{301}dm-0")
  }

  @Test func filesystemTypeIsComparedByBytes() throws {
    for type in ["zf\u{17f}", "nf\u{17f}", "tmpf\u{17f}"] {
      let entry = try #require(scanning("1 0 8:1 / /m rw - \(type) src rw") { MountEntry(&$0) })
      #expect(entry.kind == .blockDevice)
    }
  }
}

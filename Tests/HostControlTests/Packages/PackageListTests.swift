import Encoding
import Testing

@testable import HostControl

@Suite struct PackageListTests {
  @Test func outputOfDpkgQueryIsParsed() {
    let list = PackageList(
      """
      installed\tbash\t5.2.15-2+b2
      installed\tlibc6:amd64\t2.36-9
      installed\tlibc6:i386\t2.36-9
      half-configured\tbroken\t1:2.0~rc1-1
      config-files\tremoved\t1.0
      not-installed\tnever\t1.0

      """)
    #expect(
      list.versions == [
        "bash": "5.2.15-2+b2", "libc6:amd64": "2.36-9", "libc6:i386": "2.36-9", "broken": "1:2.0~rc1-1",
      ])
  }

  @Test(arguments: ["", "\n", "installed", "installed\tx", "installed\tx\t", "installed\t\t1", "a\tb\tc\td"])
  func invalidLinesAreSkipped(line: String) {
    #expect(PackageList(line).versions.isEmpty)
  }

  private static func list(_ packages: [String: String]) -> PackageList {
    PackageList(packages.map { "installed\t\($0.key)\t\($0.value)\n" }.joined())
  }

  static let differences: [([String: String], [String: String], [PackageUpgrade])] = [
    ([:], [:], []),
    (["a": "1"], ["a": "1"], []),
    (["a": "1", "b": "1"], ["a": "2", "b": "1"], [.init(package: "a", from: "1", to: "2")]),
    // Downgrades are included: a repository may require one.
    (["a": "2"], ["a": "1"], [.init(package: "a", from: "2", to: "1")]),
    (["a": "1"], ["a": "1", "new": "3"], [.init(package: "new", from: nil, to: "3")]),
    (["a": "1", "gone": "1"], ["a": "1"], []),
    (
      ["c": "1", "a": "1", "b": "1"], ["b": "2", "c": "2", "a": "2"],
      ["a", "b", "c"].map { .init(package: $0, from: "1", to: "2") }
    ),
  ]

  @Test(arguments: differences)
  func differencesAreUpgrades(before: [String: String], after: [String: String], upgrades: [PackageUpgrade]) {
    #expect(Self.list(after).upgrades(since: Self.list(before)) == upgrades)
  }

  /// U+212A KELVIN SIGN and the letter are canonically equivalent, as are the composed and the decomposed form.
  @Test(arguments: [("K", "\u{212A}"), ("\u{E9}", "e\u{301}")])
  func namesAndVersionsAreComparedByTheirBytes(text: String, lookalike: String) {
    let list = PackageList("installed\t\(text)\t1\ninstalled\t\(lookalike)\t1\n")
    #expect(list.versions.count == 2)
    let after = PackageList("installed\ta\t\(lookalike)\n")
    #expect(after.upgrades(since: PackageList("installed\ta\t\(text)\n")).count == 1)

    let remaining = RemainingUpgrades(
      "The following packages have been kept back:\n  \(text) \(lookalike)\nInst \(text) [1] (2)\n"
        + "The following upgrades have been deferred due to phasing:\n  \(text) \(lookalike)\n")
    #expect(remaining.keptBack.count == 2)
    #expect(remaining.deferred.count == 2)

    let kernel = PackageUpgrade(package: "linux-image-\(text)", from: "1", to: "2")
    #expect(RebootRequirement.isKernelReplaced(by: [kernel], running: text))
    #expect(!RebootRequirement.isKernelReplaced(by: [kernel], running: lookalike))
  }
}

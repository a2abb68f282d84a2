import JSON
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct AuditFilterTests {
  private let entries = [
    AuditEntry(at: 100, by: "ada", action: "agents.label", object: "u-1"),
    AuditEntry(at: 200, by: "bob", action: "commands.submit", object: "c-1", details: ["agent": "u-1"]),
    AuditEntry(at: 300, by: "platform", action: "command.ended", object: "c-1", details: ["agent": "u-2"]),
    AuditEntry(at: 400, by: "bob", action: "agents.revoke", object: "u-2"),
  ]

  @Test(
    arguments: [
      (Requests.ListAudit(), [100, 200, 300, 400]), (.init(by: "bob"), [200, 400]),
      (.init(action: "agents.*"), [100, 400]), (.init(action: "agents"), []),
      (.init(object: "u-1"), [100, 200]), (.init(object: "U-1"), [100, 200]),
      (.init(object: "c-1", by: "platform"), [300]),
      (.init(sinceS: 150), [400]), (.init(by: "bob", action: "*.submit", sinceS: 400), [200]),
    ] as [(Requests.ListAudit, [Double])])
  func entryMatchesWhenItMeetsEveryRequirement(request: Requests.ListAudit, times: [Double]) throws {
    let filter = try AuditFilter(request, at: 500)
    #expect(entries.filter(filter.matches).map(\.at) == times)
    #expect(
      filter.picksAll == (request.object ?? request.by ?? request.action == nil && request.sinceS == nil))
  }

  @Test func searchEndsAtTheClockToleranceBeforeSince() throws {
    let filter = try AuditFilter(.init(sinceS: 100), at: 1000)
    #expect(!filter.isTooOld(900) && !filter.isTooOld(841) && filter.isTooOld(839))
    #expect(!AuditFilter().isTooOld(0))
  }

  @Test(
    arguments: [
      .init(object: ""), .init(by: ""), .init(action: String(repeating: "x", count: 257)), .init(sinceS: 0),
      .init(sinceS: -1), .init(sinceS: .max),
    ] as [Requests.ListAudit])
  func requestOutOfRangeIsInvalid(request: Requests.ListAudit) {
    #expect { try AuditFilter(request, at: 1000) } throws: { ($0 as? APIError)?.code == .invalid }
  }

  @Test(arguments: [("\u{E9}", "e\u{301}"), ("K1", "\u{212A}1"), ("k1", "\u{212A}1")])
  func canonicalEquivalentsDoNotMatch(stored: String, requested: String) throws {
    let entries = [
      AuditEntry(at: 1, by: stored, action: "x", object: "o"),
      AuditEntry(at: 1, by: "o", action: "x", object: stored),
      AuditEntry(at: 1, by: "o", action: "x", object: "o", details: ["agent": .string(stored)]),
      AuditEntry(at: 1, by: "o", action: stored, object: "o"),
    ]
    for request in [Requests.ListAudit(object: requested), .init(by: requested), .init(action: requested)] {
      let filter = try AuditFilter(request, at: 1)
      #expect(!entries.contains(where: filter.matches))
    }
    let objects = try AuditFilter(.init(object: stored), at: 1)
    #expect(entries.filter(objects.matches).count == 2)
    #expect(entries.filter(try AuditFilter(.init(by: stored), at: 1).matches).count == 1)
  }
}

import Encoding
import Testing

@testable import HostControl

@Suite("Decisions about waiters")
struct BusDecisionTests {
  @Test("Actions on the same unit are serialised")
  func unitLocks() {
    var locks = UnitLocks<String>()
    let locked = ["a", "b", "a"].map { locks.tryLock($0) }
    #expect(locked == [true, true, false])
    locks.wait("first", id: 1, for: "a")
    locks.wait("second", id: 2, for: "a")
    locks.wait("third", id: 3, for: "a")
    let removed = [locks.remove(2), locks.remove(2)]
    #expect(removed == ["second", nil])
    let next = locks.unlock("a")
    #expect(next == "first")
    let isFreeMeanwhile = locks.tryLock("a")
    #expect(!isFreeMeanwhile)
    let rest = [locks.unlock("a"), locks.unlock("a"), locks.unlock("b")]
    #expect(rest == ["third", nil, nil])
    let isFree = locks.tryLock("a")
    #expect(isFree)
  }

  @Test("Units are distinguished by their bytes", arguments: lookalikes)
  func unitsAreDistinguishedByBytes(_ unit: String, _ lookalike: String) {
    var locks = UnitLocks<String>()
    let locked = [unit, lookalike].map { locks.tryLock($0) }
    #expect(locked == [true, true])

    var table = ExitTable<String>()
    table.watch(unit, isNew: false)
    #expect(!table.contains(lookalike) && !table.isWatched(lookalike))
    #expect(table.update(lookalike, ["ActiveState": .string("inactive")]) == nil)
    let forgotten = table.remove(lookalike)
    #expect(forgotten.isEmpty && table.isWatched(unit))

    var list = WaiterList<String>()
    list.add("waiter", id: 1, for: unit)
    let waiters = [list.remove(for: lookalike), list.remove(for: unit)]
    #expect(waiters == [[], ["waiter"]])
  }

  @Test("A sender is identified by its bytes", arguments: lookalikes)
  func senderBytes(_ name: String, _ lookalike: String) {
    var source = SignalSource()
    source.learn(name)
    #expect(source.origin(of: name) == .systemd)
    #expect(source.origin(of: lookalike) == .other)
  }

  /// Texts that are canonically equivalent: U+212A KELVIN SIGN and the letter, composed and decomposed.
  static let lookalikes = [("K.service", "\u{212A}.service"), ("\u{E9}.service", "e\u{301}.service")]

  @Test("Only the unit of an init script matches it", arguments: lookalikes)
  func initScriptBytes(_ unit: String, _ lookalike: String) {
    let path = "/etc/init.d/" + unit.dropLast(".service".count)
    #expect(SystemBus.initScript(of: unit, madeFrom: path)?.hasSameBytes(as: path) == true)
    #expect(SystemBus.initScript(of: lookalike, madeFrom: path) == nil)
    #expect(SystemBus.initScript(of: "sh.service", madeFrom: "/etc/init.D/sh") == nil)
  }

  @Test("The name in an assignment ends at the first byte of an equals sign")
  func assignmentBytes() {
    #expect(Systemd.variableName(of: "A=\u{338}b") == "A")
    #expect(Systemd.variableName(of: "A=b=c") == "A")
    #expect(Systemd.variableName(of: "A") == "A")
  }

  @Test("Only the owner of systemd's name is systemd")
  func source() {
    var source = SignalSource()
    func origins() -> [SignalSource.Origin] {
      [":1.0", ":1.3", "org.freedesktop.DBus", "org.freedesktop.systemd1", "", nil].map {
        source.origin(of: $0)
      }
    }
    #expect(origins() == [.other, .other, .bus, .other, .other, .other])
    source.learn(":1.0")
    #expect(origins() == [.systemd, .other, .bus, .other, .other, .other])
    source.ownerChanged(of: "org.example.other", to: ":1.3")
    #expect(origins() == [.systemd, .other, .bus, .other, .other, .other])
    source.ownerChanged(of: "org.freedesktop.systemd1", to: "")
    #expect(origins() == [.other, .other, .bus, .other, .other, .other])
    source.ownerChanged(of: "org.freedesktop.systemd1", to: ":1.3")
    #expect(origins() == [.other, .systemd, .bus, .other, .other, .other])
  }

  @Test("All waiters for a name are removed, once")
  func waiting() {
    var list = WaiterList<String>()
    list.add("a", id: 1, for: "x")
    list.add("b", id: 2, for: "y")
    list.add("c", id: 3, for: "x")
    list.add("d", id: 4, for: "y")
    let one = list.remove(2)
    #expect(one == "b")
    let several = [list.remove(for: "x"), list.remove(for: "x"), list.removeAll(), list.removeAll()]
    #expect(several == [["a", "c"], [], ["d"], []])
  }

  @Test("Reconnects back off from 1 s to 30 s")
  func backoff() {
    var backoff = ReconnectBackoff()
    #expect(backoff.isDue(0))
    var pauses: [UInt64] = []
    var now: UInt64 = 5
    for _ in 0..<7 {
      backoff.failed(now)
      #expect(!backoff.isDue(backoff.nextAttempt - 1))
      #expect(backoff.isDue(backoff.nextAttempt))
      pauses.append((backoff.nextAttempt - now) / 1_000_000_000)
      now = backoff.nextAttempt
    }
    #expect(pauses == [1, 2, 4, 8, 16, 30, 30])
    backoff.reset()
    #expect(backoff.isDue(0))
  }

  @Test("A listener that lost events receives a marker after the gap", arguments: [2, 3, 7, 64])
  func overflow(_ capacity: Int) async {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let (stream, continuation) = AsyncStream.makeStream(
        of: UnitEvent.self, bufferingPolicy: .bufferingNewest(capacity))
      var listener = UnitEventListener(continuation, capacity: capacity)
      var events = stream.makeAsyncIterator()
      var sent: UInt32 = 0
      var expected: UInt32 = 0
      var isLost = false
      for _ in 0..<capacity * 4 {
        if Bool.random(using: &generator) {
          listener.deliver(.jobQueued(unit: "a.service", job: sent))
          sent += 1
        } else if expected < sent {
          await read()
        }
      }
      continuation.finish()
      while await read() {}
      #expect(!isLost, "a gap was not marked")

      @discardableResult func read() async -> Bool {
        guard let event = await events.next(isolation: #isolation) else { return false }
        switch event {
        case .connected: isLost = false
        case .jobQueued(_, let job):
          if job != expected { isLost = true }
          expected = job + 1
        default: Issue.record("no other event was sent")
        }
        return true
      }
    }
  }

  @Test(
    "The ending of a service is derived from its properties",
    arguments: [
      ("success", 1, 0, "inactive", ServiceEnding.exited(0)), ("exit-code", 1, 7, "failed", .exited(7)),
      ("signal", 2, 9, "failed", .signalled(9)), ("core-dump", 3, 6, "failed", .signalled(6)),
      ("success", 2, 15, "inactive", .signalled(15)), ("timeout", 2, 15, "failed", .other(result: "timeout")),
      ("oom-kill", 2, 9, "failed", .other(result: "oom-kill")),
      ("resources", 0, 0, "failed", .other(result: "resources")),
    ])
  func ending(_ result: String, _ code: Int64, _ status: Int64, _ state: String, _ expected: ServiceEnding) {
    var progress = ServiceProgress(isNew: true)
    progress.merge(["ActiveState": .string("inactive"), "Result": .string("success")])
    #expect(progress.ending == nil)
    progress.merge(["ActiveState": .string("active")])
    #expect(progress.ending == nil)
    progress.merge([
      "Result": .string(result), "ExecMainCode": .signed(code), "ExecMainStatus": .signed(status),
    ])
    #expect(progress.ending == nil)
    progress.merge(["ActiveState": .string(state)])
    #expect(progress.ending == expected)
  }

  @Test("An existing service that is inactive has ended")
  func endedBefore() {
    var progress = ServiceProgress(isNew: false)
    progress.merge(["ActiveState": .string("inactive")])
    #expect(progress.ending == nil, "a late signal reports the end without the result")
    progress.merge(["Result": .string("success")])
    progress.merge(["ExecMainCode": .signed(0)])
    #expect(progress.ending == nil)
    progress.merge(["ExecMainStatus": .signed(0)])
    #expect(progress.ending == .other(result: "success"))
  }

  @Test("A bounded number of endings is kept")
  func table() {
    var table = ExitTable<String>()
    let end: [String: BusValue] = [
      "ActiveState": .string("failed"), "Result": .string("exit-code"), "ExecMainCode": .signed(1),
      "ExecMainStatus": .signed(3),
    ]
    table.watch("a", isNew: true)
    let early = [table.wait("first", id: 1, for: "a"), table.wait("second", id: 2, for: "a")]
    #expect(early == [nil, nil])
    #expect(table.isWaiting(2))
    let removed = table.removeWaiter(2)
    #expect(removed == "second")
    let ofAnother = table.update("other", end)
    #expect(ofAnother?.ending == nil)
    let news = table.update("a", end)
    #expect(news?.ending == .exited(3))
    #expect(news?.waiters == ["first"])
    #expect(news?.forgotten == ["a"])
    #expect(!table.contains("a"))
    #expect(table.isEmpty)

    for number in 0..<ExitTable<String>.capacity {
      table.watch("\(number)", isNew: true)
      let kept = table.update("\(number)", end)
      #expect(kept?.forgotten == [])
    }
    #expect(table.isEmpty)
    table.watch("last", isNew: true)
    #expect(!table.isEmpty)
    let oneTooMany = table.update("last", end)
    #expect(oneTooMany?.forgotten == ["0"])
    #expect(!table.contains("0"))
    let late = table.wait("late", id: 3, for: "last")
    #expect(late == .exited(3))
    #expect(!table.contains("last"))
  }
}

import Glibc
import Locks
import Testing
import Threads

@Suite(.timeLimit(.minutes(1))) struct ThreadTests {
  @Test func threadIsNamedAndBlocksSignals() throws {
    let done = Semaphore()
    let seen = Locked((name: "", blocksTermination: false))
    try Thread.start(name: "a-name-of-more-than-15-bytes") {
      var name = [CChar](repeating: 0, count: 32)
      let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
      let count = read(file, &name, 31)
      close(file)
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      let text = String(decoding: name.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let isBlocked = sigismember(&mask, SIGTERM) == 1
      seen.withLock { $0 = (text, isBlocked) }
      done.signal()
    }
    done.wait()
    seen.withLock {
      #expect($0.name == "a-name-of-more-\n")
      #expect($0.blocksTermination)
    }
  }

  @Test func stackSizeBelowTheMinimumOfTheSystemFallsBackToTheDefault() throws {
    let done = Semaphore()
    try Thread.start(name: "small", stackSize: 1) { done.signal() }
    done.wait()
  }

  @Test func mailboxKeepsTheOrderOfItsMessages() throws {
    let mailbox = try Mailbox<Int>()
    let sum = Monitor([Int]())
    try Thread.start(name: "reader") {
      while true {
        let messages = mailbox.waitForMessages()
        sum.update { $0 += messages }
        if messages.last == 999 { return }
      }
    }
    for number in 0..<1_000 { mailbox.post(number) }
    sum.wait { $0.count == 1_000 }
    #expect(sum.update { $0 } == Array(0..<1_000))
    #expect(mailbox.waitForMessages(timeout: 1).isEmpty)
  }

  @Test func monitorWaitEndsWithTheChangeOrTheTimeout() throws {
    let value = Monitor(0)
    #expect(!value.wait(atMost: .milliseconds(1)) { $0 == 1 })
    #expect(!value.wait(atMost: .seconds(-1)) { $0 == 1 })
    try Thread.start(name: "writer") { value.update { $0 = 1 } }
    #expect(value.wait(atMost: .seconds(30)) { $0 == 1 })
    value.wait { $0 == 1 }
  }

  @Test func timerExpiresAndRepeats() throws {
    let timer = try DeadlineTimer()
    defer { timer.close() }
    let start = ContinuousClock.now
    timer.set(first: .milliseconds(2), interval: .milliseconds(3))
    timer.wait()
    timer.wait()
    #expect(ContinuousClock.now - start >= .milliseconds(5))
  }
}

import Clocks
import Testing

@Suite struct ClocksTests {
  @Test func readingsOfTheWallClockAgree() {
    let before = UnixTime.now
    let now = WallClock.now
    let (seconds, nanoseconds) = WallClock.reading
    #expect(Double(before) <= now && now < Double(before) + 60)
    #expect(seconds >= before && (0..<1_000_000_000).contains(nanoseconds))
  }

  @Test func clocksSinceBootDoNotGoBack() {
    let (monotonic, boot, processor) = (
      MonotonicClock.now(), BootClock.milliseconds, ProcessorClock.nanoseconds
    )
    #expect(MonotonicClock.now() >= monotonic)
    #expect(MonotonicClock.duration(since: monotonic) >= .zero)
    #expect(BootClock.milliseconds >= boot)
    #expect(BootClock.now >= Double(boot) / 1000)
    #expect(ProcessorClock.nanoseconds >= processor)
  }

  @Test(
    arguments: [
      (.zero, 5), (.nanoseconds(7), 12), (.seconds(2), 2_000_000_005), (.seconds(-1), 5),
      (.nanoseconds(-1), 5),
      (.seconds(1_000_000_000), .max), (.seconds(Int64.max), .max),
    ] as [(Duration, UInt64)])
  func deadlineIsClamped(duration: Duration, deadline: UInt64) {
    #expect(MonotonicClock.time(duration, after: 5) == deadline)
  }

  @Test(
    arguments: [(.zero, 0), (.microseconds(1999), 1), (.seconds(3), 3000), (.microseconds(-1999), -1)]
      as [(Duration, Int64)])
  func wholeMillisecondsAreRoundedTowardZero(duration: Duration, milliseconds: Int64) {
    #expect(duration.wholeMilliseconds == milliseconds)
  }
}

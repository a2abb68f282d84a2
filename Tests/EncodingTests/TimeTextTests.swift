import Encoding
import Testing

@Suite struct TimeTextTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-24T17:33:09.5Z", 1_795_541_589.5),
      ("2026-11-24T18:33:09.500000000+01:00", 1_795_541_589.5), ("2024-02-29T12:00:00Z", 1_709_208_000),
      ("2024-02-29T06:30:00-05:30", 1_709_208_000), ("0001-01-01T00:00:00Z", -62_135_596_800),
    ] as [(String, Double)])
  func readsTimes(text: String, seconds: Double) {
    #expect(RFC3339.seconds(text) == seconds)
  }

  @Test(
    arguments: [
      "", "2026-11-24", "2026-13-24T17:33:09Z", "2026-11-24T25:33:09Z", "2026-11-24T17:33:09",
      "2026-11-24T17:33:09.Zx", "2026-11-24T17:33:09+1:00", "20x6-11-24T17:33:09Z", "é026-11-24T17:33:09Z",
    ])
  func rejectsOtherTexts(_ text: String) {
    #expect(RFC3339.seconds(text) == nil)
  }

  @Test(arguments: [0, 1, 951_782_400, 1_709_208_000, 1_795_541_589.5, -1, -62_135_596_800, 253_402_300_799])
  func writtenTimesReadBack(_ seconds: Double) {
    #expect(RFC3339.seconds(RFC3339.text(seconds)) == seconds)
  }

  @Test func anyNumberIsWrittenAsATime() {
    for seconds in [Double.infinity, -.infinity, .nan, 1e300, -1e300] {
      #expect(RFC3339.seconds(RFC3339.text(seconds)) != nil)
    }
    #expect(RFC3339.text(1_795_541_589.5) == "2026-11-24T17:33:09.500Z")
    #expect(RFC3339.text(-0.25) == "1969-12-31T23:59:59.750Z")
  }

  @Test func everyDayOfFourCenturiesConvertsBack() {
    var previous = UTCTime(unixSeconds: -86_400)
    #expect(previous == UTCTime(year: 1969, month: 12, day: 31))
    for day in 0..<146_097 {
      let time = UTCTime(unixSeconds: day * 86_400)
      let isNext =
        time.day == previous.day + 1 && time.month == previous.month && time.year == previous.year
        || time.day == 1 && previous.day >= 28
      guard isNext, time.unixSeconds == day * 86_400 else {
        Issue.record("day \(day) is \(time)")
        return
      }
      previous = time
    }
  }
}

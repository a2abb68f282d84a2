import Testing

@testable import PlatformCore

@Suite struct TimeScheduleTests {
  @Test func everyAnnouncementIsAnswered() {
    var schedule = TimeSchedule()
    for time in [100.0, 100.5, 5_000] {
      let isAnswered = schedule.recordAnnouncement(of: "a", at: time, now: time)
      #expect(isAnswered)
    }
  }

  @Test func heartbeatIsAnsweredAfterAnAnnouncementThenDaily() {
    var schedule = TimeSchedule()
    _ = schedule.recordAnnouncement(of: "a", at: 0, now: 0)
    var answered: [Double] = []
    for time in stride(from: 0.0, through: 200_000, by: 5)
    where schedule.recordHeartbeat(of: "a", at: time, now: time) {
      answered.append(time)
    }
    #expect(answered == [10, 86_410, 172_810])
  }

  @Test func firstHeartbeatOfAnUnknownAgentIsAnswered() {
    var schedule = TimeSchedule()
    let first = schedule.recordHeartbeat(of: "a", at: 0, now: 0)
    let second = schedule.recordHeartbeat(of: "a", at: 30, now: 30)
    let other = schedule.recordHeartbeat(of: "b", at: 30, now: 30)
    #expect(first && !second && other)
  }

  @Test func oldEventsAreNotAnswered() {
    var schedule = TimeSchedule()
    let announcement = schedule.recordAnnouncement(of: "a", at: 0, now: 301)
    let heartbeat = schedule.recordHeartbeat(of: "a", at: 0, now: 301)
    #expect(!announcement && !heartbeat)
  }

  @Test func announcementsOfOneAgentAreLimited() {
    var schedule = TimeSchedule()
    var answered = 0
    // 1,000 a second for 100 s.
    for number in 0..<100_000 {
      let now = Double(number) / 1_000
      if schedule.recordAnnouncement(of: "a", at: now, now: now) { answered += 1 }
      if number % 100 == 0, schedule.recordHeartbeat(of: "a", at: now, now: now) { answered += 1 }
    }
    #expect((8...8 + 20 + 10).contains(answered), "\(answered)")
    let other = schedule.recordAnnouncement(of: "b", at: 100, now: 100)
    #expect(other, "others have a limit of their own")
    let later = (0..<10).count { _ in schedule.recordAnnouncement(of: "a", at: 200, now: 200) }
    #expect(later == 8)
  }

  @Test func unansweredAnnouncementsDoNotPostponeHeartbeats() {
    var schedule = TimeSchedule()
    for _ in 0..<100 { _ = schedule.recordAnnouncement(of: "a", at: 0, now: 0) }
    for second in 1...4 { _ = schedule.recordAnnouncement(of: "a", at: Double(second), now: Double(second)) }
    let heartbeat = schedule.recordHeartbeat(of: "a", at: 10, now: 10)
    #expect(heartbeat)
  }

  @Test func limitRecoversAfterTheClockIsSetBack() {
    var schedule = TimeSchedule()
    for _ in 0..<9 { _ = schedule.recordAnnouncement(of: "a", at: 10_000, now: 10_000) }
    let first = schedule.recordAnnouncement(of: "a", at: 0, now: 0)
    let second = schedule.recordAnnouncement(of: "a", at: 5, now: 5)
    #expect(!first && second)
  }

  @Test func bucketsAreBounded() {
    var schedule = TimeSchedule()
    for number in 0..<50_000 {
      let isAnswered = schedule.recordAnnouncement(of: "\(number)", at: 0, now: Double(number) / 1_000)
      #expect(isAnswered)
      #expect(schedule.bucketCount <= TimeSchedule.maximumBuckets)
    }
  }
}

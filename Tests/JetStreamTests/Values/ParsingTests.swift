import JSON
import NATS
import NIOCore
import Testing

@testable import JetStream

@Suite struct ParsingTests {
  @Test func metadataIsParsedFromTheReplySubject() throws {
    let plain = try #require(MessageMetadata("$JS.ACK.S.c.2.7.9.1700000000500000000.4"))
    #expect(plain.stream == "S" && plain.consumer == "c" && plain.deliveredCount == 2)
    #expect(plain.streamSequence == 7 && plain.consumerSequence == 9 && plain.pending == 4)
    #expect(plain.time == 1_700_000_000.5)
    #expect(MessageMetadata("$JS.ACK.hub.AbC.S.c.2.7.9.1700000000500000000.4.x") == plain)
    #expect(MessageMetadata("$JS.ACK._.AbC.S.c.2.7.9.1700000000500000000.4") == plain)
  }

  @Test(
    arguments: [
      "", "$JS.ACK", "$JS.ACK.S.c.2.7.9.1.4.5", "$JS.NAK.S.c.2.7.9.1.4", "$JS.ACK.S.c.-2.7.9.1.4",
      "$JS.ACK.S.c.2.99999999999999999999.9.1.4", "$JS.ACK..c.2.7.9.1.4", "$JS.ACK.S.c.2.7.9.x.4",
      "$JS.ACK.S.c.2.7.9.1.", String(repeating: ".", count: 5000), "_INBOX.abc.1",
    ])
  func otherReplySubjectsAreRejected(_ subject: String) {
    #expect(MessageMetadata(subject) == nil)
  }

  @Test func pagesEndAtTheTotal() {
    var pages = Pages()
    #expect(pages.next == 0)
    pages.received(1024, of: 1100)
    #expect(pages.next == 1024)
    pages.received(76, of: 1100)
    #expect(pages.next == nil)
    var lying = Pages()
    var count = 0
    while lying.next != nil {
      lying.received(1, of: .max)
      count += 1
    }
    #expect(count == Pages.maximum)
    var empty = Pages()
    empty.received(0, of: 50)
    #expect(empty.next == nil)
  }

  @Test(
    arguments: [
      (404, 10059, .notFound), (404, 10037, .notFound), (400, 10071, .wrongLastSequence),
      (400, 10164, .wrongLastSequence), (503, 10008, .noResponders), (400, 10058, .api(10058)),
    ] as [(Int64, Int, JetStreamError.Code)])
  func errorCodesAreMapped(code: Int64, errorCode: Int, expected: JetStreamError.Code) {
    let failure = APIFailure(code: code, errorCode: errorCode, description: "why")
    #expect(failure.error(about: "it").code == expected)
    #expect(failure.isTemporary == (code == 503))
  }

  @Test func disabledJetStreamIsNotTemporary() {
    #expect(!APIFailure(code: 503, errorCode: 10039, description: "").isTemporary)
  }

  @Test func unknownStreamSettingsAreKept() throws {
    let server = try #require(
      try JSONReader.parse(
        Array(
          #"{"name":"S","max_age":0,"max_msgs":0,"compression":"s2","description":"old","num_replicas":1}"#
            .utf8)
      ).objectValue)
    var wanted = StreamConfiguration(name: "S")
    #expect(wanted.normalized(after: StreamConfiguration(server)).description == nil)
    wanted.maxAge = .seconds(5)
    let merged = wanted.json(over: server)
    #expect(merged["compression"] == "s2" && merged["max_age"] == 5_000_000_000)
    #expect(merged["description"] == nil)
    #expect(Set(merged.members.map(\.key)).count == merged.members.count)
  }

  @Test func durationsAreClamped() {
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
  }

  @Test func deletionsAreRecognised() throws {
    #expect(KeyValueEntry.Operation(nil) == .put)
    #expect(KeyValueEntry.Operation(try NATSHeaders([("KV-Operation", "DEL")])) == .delete)
    #expect(KeyValueEntry.Operation(try NATSHeaders([("KV-Operation", "PURGE")])) == .purge)
    #expect(KeyValueEntry.Operation(try NATSHeaders([("Nats-Marker-Reason", "MaxAge")])) == .purge)
    #expect(KeyValueEntry.Operation(try NATSHeaders([("KV-Operation", "PUT")])) == .put)
  }
}

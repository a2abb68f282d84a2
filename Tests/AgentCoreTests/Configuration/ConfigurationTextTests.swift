import Testing

@testable import AgentCore

@Suite struct ConfigurationTextTests {
  @Test(
    arguments: [
      ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h30m", .seconds(5400)),
      ("1.5h", .seconds(5400)), ("45", .seconds(45)), ("0", .zero), ("1.5", .milliseconds(1500)),
      ("7us", .microseconds(7)), ("7µs", .microseconds(7)), ("7μs", .microseconds(7)),
      ("9ns", .nanoseconds(9)),
      ("+2s", .seconds(2)), (".5s", .milliseconds(500)), ("2.s", .seconds(2)), ("-0", .zero),
      ("1h1m1s1ms1us1ns", .nanoseconds(3_661_001_001_001)), ("0.0000000019s", .nanoseconds(1)),
      ("0.3333333333333333333h", .nanoseconds(1_199_999_998_800)),
    ] as [(String, Duration)])
  func durationsAreParsed(text: String, expected: Duration) throws {
    #expect(try DurationText.parse(text) == expected)
  }

  @Test(
    arguments: [
      ("", .malformed), ("s", .malformed), ("1x", .malformed), ("1e10", .malformed), ("1 s", .malformed),
      ("1m30", .malformed), ("1..5s", .malformed), (".s", .malformed), ("-", .malformed),
      ("1:30", .malformed),
      ("--1s", .malformed), ("1d", .malformed), ("٣s", .malformed), ("0x10", .malformed),
      ("-1s", .negative), ("-500", .negative), ("-99999999999999999999", .tooLong),
      ("99999999999999999999", .tooLong), ("9223372037", .tooLong), ("2562048h", .tooLong),
      ("9223372036.9s", .tooLong),
    ] as [(String, DurationText.Problem)])
  func invalidDurationsThrow(text: String, problem: DurationText.Problem) {
    #expect(throws: problem) { try DurationText.parse(text) }
  }

  @Test(arguments: [
    ("nats://user:secret@host:4222", "nats://[redacted]@host:4222"),
    ("nats://token@host", "nats://[redacted]@host"),
    ("host:4222", "host:4222"),
    ("nats://a:1, tls://u:secret@b", "nats://a:1,tls://[redacted]@b"),
    ("nats://u:sec,ret@b,nats://c", "nats://[redacted]@b,nats://c"),
    ("nats://u:p@secret@b", "nats://[redacted]@b"),
    ("nats://u:secret", "nats://[redacted]"),
    ("http://u:secret@[::1]:80/x", "http://[redacted]@[::1]:80/x"),
    ("wss://u:p@h/x?token=a,b#c, nats://d", "wss://[redacted]@h/x?[redacted],nats://d"),
    ("wss://h/x#secret", "wss://h/x?[redacted]"),
    ("nats://agent:s3cret", "nats://[redacted]"), ("h:4222,agent:s3cret", "h:4222,[redacted]"),
    ("", ""),
  ])
  func credentialsInURLsAreRedacted(url: String, expected: String) {
    #expect(URLText.redacted(url) == expected)
  }

  @Test func textualFormsContainNoSecrets() {
    let nats = NATSSettings(
      url: "nats://u:hunter2@h", websocketURL: "ws://u:hunter2@h", apiKey: Secret("hunter2"),
      proxy: "http://u:hunter2@p")
    let configuration = AgentConfiguration(nats: nats)
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in [
      "\(configuration)", String(reflecting: configuration), "\(nats)", String(reflecting: nats), dumped,
      "\(nats.apiKey)", String(reflecting: nats.apiKey), "\(nats.identity)", "\([nats.apiKey])",
      "\(Optional(nats.apiKey) as Any)",
    ] {
      #expect(!text.contains("hunter2"), "\(text)")
    }
    #expect(nats.apiKey.reveal() == "hunter2")
    #expect("\(Secret.none)" == "[none]")
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3), ("", "ab", 2),
  ])
  func distanceCountsEdits(first: String, second: String, expected: Int) {
    #expect(KeyText.distance(first, second) == expected)
    #expect(KeyText.distance(second, first) == expected)
  }

  @Test(arguments: [
    (#"{"a":"\ud83d\ude00"}"#, "\u{1F600}"), (#"{"a":"\\ud83d\\ude00"}"#, #"\ud83d\ude00"#),
    (#"{"a":"\u00e9\/"}"#, "é/"), ("{\n\t\"a\":\"x\"\n}", "x"), (#"{"a":"\uDBFF\uDFFF"}"#, "\u{10FFFF}"),
  ])
  func jsonEscapesAreRead(json: String, expected: String) throws {
    let bytes = JSONEscapes.joiningSurrogates(Array(json.utf8))
    let root = try YAMLReader.read(bytes, refusesDuplicateKeys: false).root
    #expect(root?["a"]?.text == expected)
  }
}

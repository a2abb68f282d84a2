import PlatformAPI
import Testing

@Suite struct SelectorTests {
  static let labels = ["env": "prod", "tier": "web", "region": "eu-1", "gpu": "", "team": "a b"]
  static let fields = [
    "status": "alive", "alive": "true", "hostname": "web-7", "os": "ubuntu 24.04", "uuid": "0b5e",
  ]

  @Test(arguments: [
    ("env=prod", true), ("env==prod", true), ("env=dev", false), ("ENV=prod", false), ("env=PROD", false),
    ("env!=prod", false), ("env!=dev", true), ("owner!=me", true), ("owner=me", false),
    ("region in (eu-1,eu-2)", true), ("region in ( eu-2 , eu-3 )", false), ("region in(eu-1)", true),
    ("owner in (a)", false),
    ("region notin (eu-2)", true), ("region notin (eu-1, eu-2)", false), ("owner notin (a)", true),
    ("gpu", true), ("owner", false), ("!gpu", false), ("!owner", true), ("! owner", true),
    ("env=prod,tier!=db,region in (eu-1,b),zone notin (x),gpu,!spot", true),
    ("env=prod,tier=db", false), (" env = prod , tier = web ", true), ("env\t=\tprod", true),
    ("region=eu-*", true), ("region=*-1", true), ("region=us-*", false), ("region=*", true),
    ("region=e*-*1", true),
    ("region!=eu-*", false), ("region in (us-*,eu-*)", true), ("gpu=*", true), ("gpu=\"\"", true),
    ("env=\"\"", false),
    ("owner=*", false), ("region=eu-1*", true), ("region=**", true), ("region=eu", false),
    ("team=\"a b\"", true), ("team='a b'", true), ("team='a *'", true), ("os=\"ubuntu 24.04\"", true),
    ("os=ubuntu*", true),
    ("status=alive", true), ("status in (silent,pending)", false), ("alive=true", true), ("alive", true),
    ("hostname=web-*", true), ("uuid=0b*", true), ("version=1.*", false), ("!version", true), ("in=x", false),
    ("env,in", false), ("notin!=x", true),
  ])
  func selectorMatches(text: String, isMatch: Bool) throws {
    #expect(try Selector(text).matches(labels: Self.labels, fields: Self.fields) == isMatch)
  }

  @Test(
    arguments: [
      ("", .empty, 0), ("   ", .empty, 0), (",", .noKey, 0), ("env=prod,", .noKey, 9),
      ("env=prod,,a", .noKey, 9),
      ("=prod", .noKey, 0), ("!", .noKey, 1), ("!=x", .noKey, 1), ("(a)", .noKey, 0),
      ("env=", .noValue, 4), ("env!=", .noValue, 5), ("env=,a", .noValue, 4), ("env= ,a", .noValue, 5),
      ("env in ()", .noValue, 8), ("env in (a,)", .noValue, 10),
      ("env in", .noList, 6), ("env in a", .noList, 7), ("env notin prod", .noList, 10),
      ("env in (a", .unclosedList, 9), ("env in (a b)", .unclosedList, 10),
      ("env in (a,b", .unclosedList, 11),
      ("env=\"prod", .unclosedQuote, 4), ("env='a\"", .unclosedQuote, 4),
      ("env=prod tier=web", .noComma, 9), ("env prod", .noComma, 4), ("env=a=b", .noComma, 5),
      ("a!b", .unexpected("!"), 1),
      ("gpu)", .noComma, 3), ("env===prod", .noValue, 5), ("env>3", .noComma, 3),
      ("*", .unexpected("\"*\""), 0), ("é=1", .unexpected("\"é\""), 0),
      ("\u{1B}[2J=1", .unexpected(#""\u{1B}""#), 0),
      (String(repeating: "a", count: 254), .wordTooLong, 0),
      ("a=" + String(repeating: "b", count: 254), .wordTooLong, 2),
      (String(repeating: "a,", count: 32) + "a", .tooManyRequirements, 64),
      ("a in (" + String(repeating: "b,", count: 256) + "b)", .tooManyValues, 518),
      (String(repeating: " ", count: 4097), .tooLong, 4096),
    ] as [(String, SelectorError.Reason, Int)])
  func errorNamesReasonAndOffset(text: String, reason: SelectorError.Reason, offset: Int) throws {
    let error = #expect(throws: SelectorError.self) { try Selector(text) }
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
    let line = error?.description ?? ""
    #expect(line.hasSuffix(", at character \(offset + 1)"))
    #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }

  @Test func fieldTakesPrecedenceOverALabelOfItsName() throws {
    let selector = try Selector("status=revoked")
    #expect(!selector.matches(labels: ["status": "revoked"], fields: ["status": "alive"]))
    #expect(!selector.matches(labels: ["status": "revoked"], fields: [:]))
  }

  @Test func selectorMatchesTheFieldsOfAnAgentView() throws {
    var agent = AgentView(uuid: "c0ffee", status: .silent, labels: ["env": "prod"])
    agent.hostname = "db-1"
    #expect(try Selector("env=prod,alive=false,status=silent,hostname=db-*,uuid=c0*,!os").matches(agent))
    #expect(try !Selector("alive=true").matches(agent))
  }

  @Test func patternOfManyWildcardsIsRejectedQuickly() throws {
    let pattern = String(repeating: "a*", count: 126)
    let value = String(repeating: "a", count: 253)
    #expect(try !Selector("k=\(pattern)b").matches(labels: ["k": value], fields: [:]))
  }

  @Test(arguments: [
    ("team=\"\u{E9}\"", "e\u{301}"), ("team=e\u{301}", "\u{E9}"), ("team=K", "\u{212A}"),
    ("team=\u{212A}*", "K1"),
  ])
  func valuesAreComparedAsBytes(text: String, value: String) throws {
    #expect(try !Selector(text).matches(labels: ["team": value], fields: [:]))
  }

  @Test func kelvinSignIsInvalidInKeys() {
    #expect(throws: SelectorError.self) { try Selector("\u{212A}=1") }
    #expect(throws: SelectorError.self) { try Selector("a\u{212A}=1") }
  }
}

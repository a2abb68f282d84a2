import JSON
import PlatformAPI
import PlatformCore
import Testing

@Suite struct RequestFaultTests {
  private static func fault<Value: Decodable>(_ type: Value.Type, _ json: String) -> String? {
    do throws(APIError) {
      let params = (try? JSONReader.parse(Array(json.utf8))) ?? .null
      _ = try APICall(operatorName: "ada", params: params).decode(type)
      return nil
    } catch {
      #expect(error.code == .invalid)
      return error.message
    }
  }

  @Test(arguments: [
    (#"{}"#, #"parameter "agent" is missing"#),
    (#"{"agent":null}"#, #"parameter "agent" is null"#),
    (#"{"agent":7}"#, #"parameter "agent" takes a string"#),
    (#"{"agent":"x","grace_s":"60"}"#, #"parameter "grace_s" takes a whole number"#),
    (#"{"agent":"x","grace_s":1.5}"#, "a number in the request is too large, or has to be whole"),
    (#"{"agent":"x","grace_s":1e30}"#, "a number in the request is too large, or has to be whole"),
    (#"{"agent":"x","token":["plsa_secret"]}"#, #"parameter "token" takes a string"#),
    (
      #"{"agent":"x","grace":60}"#,
      #"there is no parameter "grace": there are agent, grace_s, token"#
    ),
    (
      #"{"agent":"x","graceS":60}"#,
      #"there is no parameter "graceS": there are agent, grace_s, token"#
    ),
    (#"{"agent":"x","grace":null,"grace_s":null}"#, nil),
    (#"{"agent":"x","grace_s":60,"token":"y"}"#, nil),
  ]) func rotationParametersAreChecked(json: String, message: String?) {
    #expect(Self.fault(Requests.Rotate.self, json) == message)
  }

  @Test func errorsContainNoValues() {
    let message = Self.fault(Requests.Operator.self, #"{"name":"ada","role":"plso_secret"}"#)
    #expect(
      message == #"parameter "role" has a value that it does not take: there are viewer, operator, admin"#)
  }

  @Test func labelKeysAreNotConverted() throws {
    let params = try JSONReader.parse(Array(#"{"agent":"x","set":{"snake_case":"1","camelCase":"2"}}"#.utf8))
    let label = try APICall(operatorName: "ada", params: params).decode(Requests.Label.self)
    #expect(label.set == ["snake_case": "1", "camelCase": "2"] && label.remove == nil)
    let wrong = Self.fault(Requests.Label.self, #"{"agent":"x","set":{"a":1}}"#)
    #expect(wrong == #"parameter "set.a" takes a string"#)
  }
}

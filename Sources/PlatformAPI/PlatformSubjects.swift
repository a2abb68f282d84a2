import Encoding

/// The subjects between operators and the platform.
///
/// A request's subject contains the operator's name, and the permissions of a connection allow its own name only. So
/// the subject identifies the caller.
public enum PlatformSubjects {
  /// The subject of all requests.
  public static let allRequests = "pls.api.>"
  /// The queue group of all instances.
  public static let queue = "pls-api"

  /// The subject of a request: `pls.api.{operator}.{method}`.
  public static func request(_ method: APIMethod, by operatorName: String) -> String {
    "pls.api.\(operatorName).\(method.rawValue)"
  }

  /// The operator and the method of a request; nil for any other subject.
  public static func parseRequest(_ subject: String) -> (operatorName: String, method: String)? {
    let parts = subject.utf8.split(separator: dot, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0].elementsEqual("pls".utf8), parts[1].elementsEqual("api".utf8) else {
      return nil
    }
    return (String(decoding: parts[2], as: UTF8.self), String(decoding: parts[3], as: UTF8.self))
  }

  /// The subject of a final state, published as a ``CommandView`` to the operator that submitted the command:
  /// `pls.done.{operator}.{command}`.
  public static func done(_ command: String, of operatorName: String) -> String {
    "pls.done.\(operatorName).\(command)"
  }

  /// The final states of all commands of an operator.
  public static func allDone(of operatorName: String) -> String { "pls.done.\(operatorName).*" }

  /// The reply subject of a command: `pls.results.{uuid}.{command}.{sending}`. Only the platform may publish to it,
  /// and the agent once, by the reply permission of the delivery.
  ///
  /// - Parameter sending: A token that is unique among all deliveries of the command. nats-server counts a second
  ///   delivery with the same reply subject as a use of the permission.
  public static func result(of command: String, from uuid: String, sending: String) -> String {
    "\(results).\(uuid).\(command).\(sending)"
  }

  /// The reply subjects of one agent; nil: of all agents.
  public static func allResults(of uuid: String? = nil) -> String { "\(results).\(uuid ?? "*").*.*" }

  /// The agent and the command of a reply subject; nil for any other subject.
  public static func parseResult(_ subject: String) -> (uuid: String, command: String)? {
    let parts = subject.utf8.split(separator: dot, omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].elementsEqual("pls".utf8), parts[1].elementsEqual("results".utf8),
      (1...128).contains(parts[2].count), !parts[3].isEmpty
    else { return nil }
    return (
      String(decoding: parts[2], as: UTF8.self).asciiLowercased, String(decoding: parts[3], as: UTF8.self)
    )
  }

  private static let dot = UInt8(ascii: ".")

  private static let results = "pls.results"

  /// The prefix of an operator's inboxes.
  public static func inboxPrefix(of operatorName: String) -> String { "_INBOX_\(operatorName)" }
}

/// The subjects between operators and the platform. An operator's name stands in them, and the permissions of its connection
/// name exactly its own: who asks is known from the subject and cannot be claimed.
public enum PlatformSubjects {
  /// What all instances of the platform answer together.
  public static let allRequests = "pls.api.>"
  /// The queue group in which they do.
  public static let queue = "pls-api"

  /// Where an operator asks: `pls.api.{operator}.{method}`.
  public static func request(_ method: APIMethod, by operatorName: String) -> String {
    "pls.api.\(operatorName).\(method.rawValue)"
  }

  /// Who asks for what; nil for another subject.
  public static func parseRequest(_ subject: String) -> (operatorName: String, method: String)? {
    let parts = subject.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "pls", parts[1] == "api" else { return nil }
    return (String(parts[2]), String(parts[3]))
  }

  /// Where the end of an operator's commands is told, as a ``CommandView``: `pls.done.{operator}.{command}`.
  public static func done(_ command: String, of operatorName: String) -> String {
    "pls.done.\(operatorName).\(command)"
  }

  /// The end of all commands of an operator.
  public static func allDone(of operatorName: String) -> String { "pls.done.\(operatorName).*" }

  /// Where an agent answers a command: `pls.results.{uuid}.{command}.{sending}`. Only the platform may publish there, and the agent once
  /// by the reply permission that comes with a sending.
  ///
  /// - Parameter sending: a token of no other sending of the command: nats-server takes a second delivery with the same reply subject
  ///   for the use of the permission.
  public static func result(of command: String, from uuid: String, sending: String) -> String {
    "\(results).\(uuid).\(command).\(sending)"
  }

  /// The results of one agent; nil = of all.
  public static func allResults(of uuid: String? = nil) -> String { "\(results).\(uuid ?? "*").*.*" }

  /// The agent and the command of a subject of a result; nil for another subject.
  public static func parseResult(_ subject: String) -> (uuid: String, command: String)? {
    let parts = subject.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0] == "pls", parts[1] == "results", !parts[2].isEmpty,
      parts[2].utf8.count <= 128, !parts[3].isEmpty
    else { return nil }
    return (parts[2].lowercased(), String(parts[3]))
  }

  private static let results = "pls.results"

  /// What the replies to an operator's requests begin with.
  public static func inboxPrefix(of operatorName: String) -> String { "_INBOX_\(operatorName)" }
}

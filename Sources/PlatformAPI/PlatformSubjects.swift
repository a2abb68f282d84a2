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

  /// What the replies to an operator's requests begin with.
  public static func inboxPrefix(of operatorName: String) -> String { "_INBOX_\(operatorName)" }
}

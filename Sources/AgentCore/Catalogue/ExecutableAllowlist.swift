import AgentProtocol
import Encoding

/// The executables that `exec` may run, with their permitted arguments.
///
/// Paths are compared byte for byte, without a search, normalisation or symbolic links. Another path to a listed executable is
/// rejected.
struct ExecutableAllowlist: Sendable {
  /// One executable.
  struct Entry: Sendable, Equatable {
    /// Its absolute path.
    let path: String
    /// One pattern for each argument, in order; nil = any arguments.
    let argumentPatterns: [ArgumentPattern]?
    /// The upper limit of the run time; nil = the timeout of the command or the configuration.
    let timeLimit: Duration?
    /// The user to run it as; nil = the agent's own user.
    let user: String?

    /// Creates an entry.
    init(
      path: String, argumentPatterns: [ArgumentPattern]? = nil, timeLimit: Duration? = nil,
      user: String? = nil
    ) {
      self.path = path
      self.argumentPatterns = argumentPatterns
      self.timeLimit = timeLimit
      self.user = user
    }
  }

  private let entries: [Entry]

  /// Creates a list. Several entries for one path permit several sets of arguments.
  init(_ entries: [Entry]) {
    self.entries = entries
  }

  /// The distinct paths, in order.
  var paths: [String] {
    var seen: Set<ExactString> = []
    return entries.map(\.path).filter { seen.insert(ExactString($0)).inserted }
  }

  /// Returns the first entry that permits a run.
  ///
  /// - Throws: ``Refusal`` with `notPermitted`, or with `invalidParams` for a NUL byte.
  func entry(permitting command: String, arguments: [String]) throws(Refusal) -> Entry {
    guard command.utf8.first == UInt8(ascii: "/") else {
      throw Refusal(.notPermitted, "\"command\" must be an absolute path")
    }
    guard !command.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) })
    else {
      throw Refusal(.notPermitted, "\"command\" must not contain \"..\"")
    }
    guard !command.utf8.contains(0), !arguments.contains(where: { $0.utf8.contains(0) }) else {
      throw Refusal(.invalidParams, "a NUL byte cannot be passed to a program")
    }
    let listed = entries.filter { $0.path.hasSameBytes(as: command) }
    guard !listed.isEmpty else {
      throw Refusal(.notPermitted, "the command is not listed in agent.allowed_commands")
    }
    guard let entry = listed.first(where: { $0.permits(arguments) }) else {
      throw Refusal(.notPermitted, "agent.allowed_commands does not allow these arguments for the command")
    }
    return entry
  }
}

extension ExecutableAllowlist.Entry {
  fileprivate func permits(_ arguments: [String]) -> Bool {
    guard let argumentPatterns else { return true }
    return argumentPatterns.count == arguments.count
      && zip(argumentPatterns, arguments).allSatisfy { $0.matches($1) }
  }
}

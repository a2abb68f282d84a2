import Glibc

/// Where nats-server is on this machine.
enum ServerProgram {
  /// `$NATS_SERVER`, else the one in `PATH`, else `.tools/bin/nats-server` in the current folder or in one above this program,
  /// where a checkout of this project has it.
  ///
  /// - Throws: ``FileProblem``, when there is none, or what the variable names can't be run.
  static func find(environment: [String: String]) throws(FileProblem) -> String {
    if let named = environment["NATS_SERVER"], !named.isEmpty {
      guard access(named, X_OK) == 0 else {
        throw FileProblem(named, "can't be run: NATS_SERVER has to be the path of a nats-server")
      }
      return named
    }
    let path = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/nats-server" }
    guard let found = (path + checkouts()).first(where: { access($0, X_OK) == 0 }) else {
      throw FileProblem(
        "nats-server", "is not on this machine: install version 2.10 or newer, or set NATS_SERVER")
    }
    return found
  }

  private static func checkouts() -> [String] {
    var candidates = [".tools/bin/nats-server"]
    var folder = Substring(ProgramPath.current ?? "")
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      candidates.append("\(folder)/.tools/bin/nats-server")
    }
    return candidates
  }
}

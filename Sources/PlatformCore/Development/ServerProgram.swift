import Glibc

/// Where nats-server is on this machine.
enum ServerProgram {
  /// `$NATS_SERVER`, else the one in `PATH`, else `.tools/bin/nats-server` in the current folder or in one above this program,
  /// where a checkout of this project has it; nil when there is none.
  static func find(environment: [String: String]) -> String? {
    if let named = environment["NATS_SERVER"], !named.isEmpty { return named }
    let path = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/nats-server" }
    return (path + checkouts()).first { access($0, X_OK) == 0 }
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

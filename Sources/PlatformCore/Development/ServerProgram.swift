import Glibc
import PlatformAPI

/// The nats-server of this machine.
enum ServerProgram {
  /// Finds nats-server: `$NATS_SERVER`, else in the absolute folders of `PATH`. The current folder is never searched,
  /// since it may belong to anyone.
  ///
  /// - Throws: ``FileProblem`` when none is found, or `$NATS_SERVER` is not executable.
  static func find(environment: [String: String]) throws(FileProblem) -> String {
    if let named = environment["NATS_SERVER"], !named.isEmpty {
      guard access(named, X_OK) == 0 else {
        throw FileProblem(named, "can't be run: NATS_SERVER has to be the path of a nats-server")
      }
      return named
    }
    let folders = (environment["PATH"] ?? "").bytesSplit(by: ":").filter { AbsolutePath.isAbsolute($0) }
    let candidates: [String] = folders.map { "\($0)/nats-server" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw FileProblem(
        "nats-server",
        "is in no absolute folder of PATH: install version 2.10.27 or newer, or set NATS_SERVER to its path")
    }
    return found
  }
}

import Glibc

/// The nats-server that benchmarks use: `$NATS_SERVER`, else `.tools/bin/nats-server`, else the one in `PATH`.
package enum ServerProgram {
  package static func path() throws -> String {
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    var candidates: [String] = []
    if let named = getenv("NATS_SERVER") { candidates.append(String(cString: named)) }
    candidates.append("/\(package)/.tools/bin/nats-server")
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    candidates += path.split(separator: ":").map { "\($0)/nats-server" }
    if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
    throw BenchmarkFailure("no nats-server found: set NATS_SERVER or install one to .tools/bin/nats-server")
  }
}

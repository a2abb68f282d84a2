import Encoding

/// The installed packages and their versions, from dpkg-query(1).
struct PackageList: Sendable, Equatable {
  /// The value of `--showformat` that the parser expects.
  static let format = "${db:Status-Status}\\t${binary:Package}\\t${Version}\\n"

  private(set) var versions: [ExactString: String] = [:]

  /// Parses a list. Lines of another format are skipped, and so are packages of which only configuration files are left.
  init(_ output: String) {
    for line in output.lines {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 3, !fields[1].isEmpty, !fields[2].isEmpty else { continue }
      guard fields[0] != "not-installed", fields[0] != "config-files" else { continue }
      versions[ExactString(fields[1])] = String(fields[2])
    }
  }

  /// The packages that are new or have another version than before, sorted by name.
  func upgrades(since before: PackageList) -> [PackageUpgrade] {
    versions.compactMap { package, version in
      let previous = before.versions[package]
      if let previous, previous.hasSameBytes(as: version) { return nil }
      return PackageUpgrade(package: package.text, from: previous, to: version)
    }
    .sorted { ExactString($0.package) < ExactString($1.package) }
  }
}

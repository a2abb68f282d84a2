/// The packages of this machine and their versions, as dpkg-query(1) lists them.
struct PackageList: Sendable, Equatable {
  /// What dpkg-query must be asked for, with `--show --showformat`.
  static let format = "${db:Status-Status}\\t${binary:Package}\\t${Version}\\n"

  private(set) var versions: [String: String] = [:]

  /// Reads a list. A line that is none of the format is passed over, and so are packages of which there is only
  /// the configuration left.
  init(_ output: String) {
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 3, !fields[1].isEmpty, !fields[2].isEmpty else { continue }
      guard fields[0] != "not-installed", fields[0] != "config-files" else { continue }
      versions[String(fields[1])] = String(fields[2])
    }
  }

  /// What has another version than before, or was not there, by name.
  func upgrades(since before: PackageList) -> [PackageUpgrade] {
    versions.compactMap { package, version in
      let previous = before.versions[package]
      return previous == version ? nil : PackageUpgrade(package: package, from: previous, to: version)
    }
    .sorted { $0.package < $1.package }
  }
}

import Encoding
public import JSON

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

/// A package that an update has upgraded or installed.
public struct PackageUpgrade: Sendable, Hashable {
  /// The name, with the architecture where dpkg needs it (`libc6:i386`).
  public var package: String
  /// The version before the update; nil for a newly installed package.
  public var from: String?
  /// The version after the update.
  public var to: String

  /// Describes an upgrade.
  public init(package: String, from: String?, to: String) {
    self.package = package
    self.from = from
    self.to = to
  }
}

extension PackageUpgrade {
  /// The JSON form, as reported; without `from` for a newly installed package.
  public var json: JSONValue {
    var object: JSONObject = ["package": .string(package)]
    object.append("from", ifPresent: from.map(JSONValue.string))
    object.append("to", .string(to))
    return .object(object)
  }
}

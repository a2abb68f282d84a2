import Encoding

/// The working and failed package sources of an `apt-get` run, parsed from its output in the C locale. No I/O.
///
/// The exit status is not sufficient: apt-get(8) `update` exits with 0 when a source is unreachable or its key has expired and
/// older lists of it exist, and with 100 when one of many sources is rejected and all other lists are up to date.
struct AptSourceReport: Sendable, Equatable {
  /// The sources that failed, in the order of their first mention.
  private(set) var failures: [FailedSource] = []
  /// Whether at least one source is up to date, or a package was downloaded.
  private(set) var hasWorkingSource = false
  /// Errors that are not those of a source: a full disk, a sources.list that can't be read.
  private(set) var otherErrors: [String] = []

  /// Parses the output of a run.
  ///
  /// - Parameters:
  ///   - stdout: The standard output at quiet level 1: `Hit`, `Get`, `Ign` and `Err` lines.
  ///   - stderr: The standard error: `W:` and `E:` lines.
  init(stdout: String, stderr: String) {
    let progress = Self.progress(stdout)
    var signatures: [ExactString: String] = [:]
    for line in stderr.lines {
      guard let (isError, text) = Self.message(line) else { continue }
      switch Self.finding(text, isError: isError, progress) {
      case .failure(let source, let reason): add(source, signatures[ExactString(source)] ?? reason)
      case .signature(let source, let reason): signatures[ExactString(source)] = reason
      case .summary: break
      case nil where isError: otherErrors.append(Self.bounded(text))
      case nil: break
      }
    }
    hasWorkingSource = progress.contains { item in
      item.isFetched && !failures.contains { Self.isSame($0.source, as: item) }
    }
  }

  init(_ outcome: ProcessOutcome) {
    self.init(stdout: outcome.stdout.text, stderr: outcome.stderr.text)
  }

  /// Whether a run failed only because of failed downloads.
  var isOnlyFetchFailure: Bool { !failures.isEmpty && otherErrors.isEmpty }

  /// Why the package lists cannot be used for an upgrade; nil when those of at least one source are up to date.
  ///
  /// - Parameter outcome: The outcome of `apt-get update`.
  func problem(ofUpdate outcome: ProcessOutcome) -> String? {
    let failure = AptCommand.update.failure(outcome.ending, stderr: outcome.stderr.text)
    let hasSucceeded = outcome.ending == .exited(0)
    if hasWorkingSource { return hasSucceeded || isOnlyFetchFailure ? nil : failure }
    if isOnlyFetchFailure { return "no package source could be used: \(FailedSource.summary(of: failures))" }
    if !hasSucceeded { return failure }
    return "apt-get update fetched no list: no package source is configured in /etc/apt/sources.list(.d)"
  }

  private mutating func add(_ source: String, _ reason: String) {
    FailedSource.add([FailedSource(source: source, reason: Self.bounded(reason))], to: &failures)
  }

  // MARK: Standard error

  private enum Finding {
    case failure(source: String, reason: String)
    /// The reason of an error of the same source that follows.
    case signature(source: String, reason: String)
    /// A summary of other lines.
    case summary
  }

  /// The text of a warning or an error; nil for any other line. apt 3 has longer prefixes.
  private static func message(_ line: Substring) -> (isError: Bool, text: String)? {
    for (mark, isError) in [("E: ", true), ("W: ", false), ("Error: ", true), ("Warning: ", false)]
    where line.hasPrefix(mark) {
      return (isError, String(line.dropFirst(mark.count)))
    }
    return nil
  }

  private static let summaries = [
    "Some index files failed to download", "Some files failed to download", "Unable to fetch some archives",
  ]
  private static let signatureMarks = ["GPG error: ", "OpenPGP signature verification failed: "]
  /// Printed when a signature is invalid and the source was not updated: its older lists stay in use.
  private static let staleMark = "An error occurred during the signature verification."

  private static func finding(_ text: String, isError: Bool, _ progress: [Item]) -> Finding? {
    if summaries.contains(where: text.hasPrefix) { return .summary }
    if let rest = text.dropping("Failed to fetch "), let (address, reason) = rest.divided(by: " ") {
      return .failure(source: source(ofAddress: address, reason, progress), reason: reason.trimmed)
    }
    for mark in signatureMarks {
      guard let (before, rest) = text.divided(by: mark), let (item, reason) = rest.divided(by: ": ", after: 8)
      else {
        continue
      }
      let source = Item(description: item).source
      return before.hasPrefix(staleMark)
        ? .failure(source: source, reason: reason.trimmed)
        : .signature(source: source, reason: reason.trimmed)
    }
    guard isError else { return nil }
    if let (_, rest) = text.divided(by: "epository '"), let (item, reason) = rest.divided(by: "' ") {
      return .failure(source: Item(description: item).source, reason: reason.trimmed)
    }
    if let rest = text.dropping("Release file for "), let (address, reason) = rest.divided(by: " ") {
      return .failure(
        source: source(ofAddress: address, reason, progress), reason: "the Release file \(reason.trimmed)")
    }
    return nil
  }

  /// The source that a downloaded address belongs to; the address itself when that can't be determined.
  private static func source(ofAddress address: String, _ reason: String, _ progress: [Item]) -> String {
    let address = withoutUser(address)
    let failed = progress.first { $0.error?.hasSameBytes(as: reason.trimmed) == true && $0.holds(address) }
    guard let name = ["/InRelease", "/Release", "/Release.gpg"].first(where: address.hasSuffix) else {
      return bounded(failed?.source ?? address)
    }
    let folder = String(address.dropLast(name.count))
    if let (base, suite) = folder.divided(by: "/dists/") { return bounded("\(base) \(suite)") }
    if let (base, _) = (folder + "/").divided(by: "/./") { return bounded("\(base) ./") }
    return bounded(failed?.source ?? folder)
  }

  // MARK: Standard output

  /// A progress line about a downloaded file.
  private struct Item {
    /// The address of the archive, without user and password.
    let address: String
    /// `bookworm`, `./`, or `bookworm/main` for a file of a component.
    let suite: String
    var isFetched = false
    /// The reason of a failure; nil when there is none.
    var error: String?

    /// Parses a description such as `http://deb.debian.org/debian bookworm InRelease`.
    init(description: String) {
      let words = description.split(separator: " ")
      address = AptSourceReport.withoutUser(words.first.map(String.init) ?? "")
      suite = words.dropFirst().first.map(String.init) ?? ""
    }

    var source: String { suite.isEmpty ? address : "\(address) \(suite)" }

    /// Whether an address is in its archive.
    func holds(_ address: String) -> Bool { address.utf8.starts(with: (self.address + "/").utf8) }
  }

  private static func progress(_ stdout: String) -> [Item] {
    var items: [Item] = []
    var isError = false
    for line in stdout.lines {
      if isError, line.hasPrefix("  "), let last = items.indices.last {
        items[last].error = String(line).trimmed
      }
      isError = false
      guard let (mark, description) = String(line).divided(by: " ") else { continue }
      let kind = mark.prefix { $0 != ":" }
      guard ["Hit", "Get", "Ign", "Err"].contains(String(kind)), kind.count < mark.count else { continue }
      var item = Item(description: description)
      item.isFetched = kind == "Hit" || kind == "Get"
      isError = kind == "Err"
      items.append(item)
    }
    return items
  }

  /// Whether a failed source is that of an item. `bookworm` and `bookworm/main` are the same.
  private static func isSame(_ source: String, as item: Item) -> Bool {
    source.hasSameBytes(as: item.source) || source.utf8.starts(with: (item.source + "/").utf8)
      || item.source.utf8.starts(with: (source + "/").utf8) || item.holds(source)
  }

  // MARK: Texts

  /// An address without `user:password@`.
  private static func withoutUser(_ address: String) -> String {
    guard let (scheme, rest) = address.divided(by: "://") else { return address }
    let host = rest.utf8.prefix { $0 != UInt8(ascii: "/") }
    guard let at = host.lastIndex(of: UInt8(ascii: "@")) else { return address }
    return scheme + "://" + Substring(rest.utf8[rest.utf8.index(after: at)...])
  }

  private static func bounded(_ text: String) -> String {
    String(decoding: text.trimmed.utf8.prefix(FailedSource.reasonLimit), as: UTF8.self)
  }
}

extension String {
  /// The text after a prefix; nil when it does not have the prefix.
  fileprivate func dropping(_ prefix: String) -> String? {
    utf8.starts(with: prefix.utf8) ? String(Substring(utf8.dropFirst(prefix.utf8.count))) : nil
  }

  /// The text before and after the first `separator` at an offset of at least `start` bytes.
  fileprivate func divided(by separator: String, after start: Int = 0) -> (before: String, after: String)? {
    let wanted = Array(separator.utf8)
    var rest = utf8.dropFirst(start)
    while let index = rest.firstIndex(where: { $0 == wanted.first }) {
      rest = rest[index...]
      if rest.starts(with: wanted) {
        let end = rest.index(index, offsetBy: wanted.count)
        return (String(self[..<index]), String(self[end...]))
      }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// The text without white space at both ends and full stops at its end.
  fileprivate var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace || last == "." { rest.removeLast() }
    return String(rest)
  }
}

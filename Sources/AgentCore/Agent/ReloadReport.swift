import HostControl

/// The outcome of the last reload, in a file in the unit's `RuntimeDirectory=` (systemd.exec(5)).
///
/// `systemctl reload` runs a program that sends SIGHUP and reads the outcome from this file, as a signal returns none.
struct ReloadReport: Sendable {
  /// The outcome of one reload.
  struct Entry: Sendable, Equatable {
    /// The number of reloads since the agent started, including this one.
    var number: Int64
    /// Whether the new configuration is in use. If not, the previous one stays in use.
    var isAccepted: Bool
  }

  private static let sizeLimit = 64
  private let path: String?

  /// Creates a report in the first directory of `RUNTIME_DIRECTORY`. Without that variable nothing is written.
  init(environment: [String: String]) {
    let folder = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first
    path = folder.map { "\($0)/reload" }
  }

  /// Reads the last outcome; nil when there is none.
  func read() -> Entry? {
    guard let path else { return nil }
    do throws(FileError) {
      guard let bytes = try DurableFile.read(path, limit: Self.sizeLimit) else { return nil }
      let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
      guard words.count == 2, let number = Int64(words[0]) else { return nil }
      return Entry(number: number, isAccepted: words[1] == "accepted")
    } catch {
      return nil
    }
  }

  /// Writes an outcome.
  ///
  /// - Throws: ``FileError``.
  func write(_ entry: Entry) throws(FileError) {
    guard let path else { return }
    try DurableFile.write(
      Array("\(entry.number) \(entry.isAccepted ? "accepted" : "refused")".utf8), to: path)
  }
}

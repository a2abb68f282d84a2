import HostControl

/// How the last reload went, for the program that `systemctl reload` runs: a file in the unit's RuntimeDirectory=. A signal has no
/// answer, and only the running agent has the settings that the new file is compared with.
struct ReloadReport: Sendable {
  /// One reload.
  struct Entry: Sendable, Equatable {
    /// How many there were since the agent's start, this one included.
    var number: Int64
    /// Whether the configuration was taken; else the old settings stay.
    var isAccepted: Bool
  }

  private static let sizeLimit = 64
  private let path: String?

  /// The file in the folder that systemd has made, systemd.exec(5) RUNTIME_DIRECTORY; without one nothing is kept.
  init(environment: [String: String]) {
    let folder = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first
    path = folder.map { "\($0)/reload" }
  }

  /// The last reload; nil when no agent has written one.
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

  /// Keeps a reload.
  ///
  /// - Throws: ``FileError``.
  func write(_ entry: Entry) throws(FileError) {
    guard let path else { return }
    try DurableFile.write(
      Array("\(entry.number) \(entry.isAccepted ? "accepted" : "refused")".utf8), to: path)
  }
}

import HostControl
import JSON

/// Where the ``PowerRequest`` is kept over the boot; in memory alone when there is no folder for it.
struct PowerRequestFile: Sendable {
  private static let sizeLimit = 4096

  private let path: String?

  /// The file in a state folder; nil = none is written.
  init(folder: String?) {
    path = folder.map { "\($0)/power.json" }
  }

  /// The request that was kept, if there is one.
  ///
  /// - Throws: ``FileError``, also for a file that makes no sense.
  func read() throws(FileError) -> PowerRequest? {
    guard let path, let bytes = try DurableFile.read(path, limit: Self.sizeLimit) else { return nil }
    do {
      if let request = PowerRequest(try JSONReader.parse(bytes)) { return request }
    } catch {
      throw FileError(path, problem: "is no request for the machine's power: \(error)")
    }
    throw FileError(path, problem: "is no request for the machine's power")
  }

  /// Keeps a request.
  ///
  /// - Throws: ``FileError``.
  func write(_ request: PowerRequest) throws(FileError) {
    guard let path else { return }
    try DurableFile.write(JSONWriter.encode(request.json), to: path)
  }

  /// Forgets it.
  ///
  /// - Throws: ``FileError``.
  func remove() throws(FileError) {
    guard let path else { return }
    try DurableFile.remove(path)
  }
}

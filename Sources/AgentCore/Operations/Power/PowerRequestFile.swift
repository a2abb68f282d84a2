import HostControl
import JSON

/// The file of the pending ``PowerRequest``.
struct PowerRequestFile: Sendable {
  private static let sizeLimit = 4096

  private let path: String?

  /// - Parameter folder: The state folder; nil = nothing is persisted.
  init(folder: String?) {
    path = folder.map { "\($0)/power.json" }
  }

  /// Reads the request; nil when there is none.
  ///
  /// - Throws: ``FileError``, also for invalid content.
  func read() throws(FileError) -> PowerRequest? {
    guard let path, let bytes = try DurableFile.read(path, limit: Self.sizeLimit) else { return nil }
    do {
      if let request = PowerRequest(try JSONReader.parse(bytes)) { return request }
    } catch {
      throw FileError(path, problem: "is no request for the machine's power: \(error)")
    }
    throw FileError(path, problem: "is no request for the machine's power")
  }

  func write(_ request: PowerRequest) throws(FileError) {
    guard let path else { return }
    try DurableFile.write(JSONWriter.encode(request.json), to: path)
  }

  func remove() throws(FileError) {
    guard let path else { return }
    try DurableFile.remove(path)
  }
}

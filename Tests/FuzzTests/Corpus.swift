import FoundationEssentials

/// The inputs of a fuzz target that are kept in the repository: examples of the format, and every finding of the past.
struct Corpus {
  /// The content of each file, in the order of the names.
  let inputs: [[UInt8]]

  private static let folder = String("\(#filePath)".dropLast("Corpus.swift".count)) + "Corpus"

  /// Reads the corpus of a target.
  init(_ target: String) throws {
    let folder = "\(Self.folder)/\(target)"
    inputs = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      guard let content = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
        throw CocoaError(.fileReadUnknown)
      }
      return Array(content)
    }
  }

  /// The targets that have a folder.
  static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
  }
}

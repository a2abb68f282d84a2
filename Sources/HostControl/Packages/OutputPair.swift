import Glibc

/// The output files of a step.
struct OutputPair: Sendable {
  let stdout: OutputFile
  let stderr: OutputFile

  subscript(stream: ProcessRequest.Stream) -> OutputFile {
    switch stream {
    case .stdout: stdout
    case .stderr: stderr
    }
  }
}

/// The output files of an update.
struct Outputs: Sendable {
  /// For `apt-get update`.
  let update: OutputPair
  /// For all other commands.
  let upgrade: OutputPair

  /// Creates the files in a folder.
  ///
  /// - Throws: ``UpdateFolderError`` when one can't be created.
  init(_ folder: UpdateFolder) throws(UpdateFolderError) {
    func file(_ output: UpdateFolder.Output) throws(UpdateFolderError) -> OutputFile {
      try OutputFile(path: folder.file(output.rawValue))
    }
    update = OutputPair(stdout: try file(.updateStdout), stderr: try file(.updateStderr))
    upgrade = OutputPair(stdout: try file(.upgradeStdout), stderr: try file(.upgradeStderr))
  }

  /// Finishes all files.
  ///
  /// - Returns: Whether output is missing in any of them.
  func finish(_ log: @Sendable (String) -> Void) -> Bool {
    var isTruncated = false
    for file in [update.stdout, update.stderr, upgrade.stdout, upgrade.stderr] {
      let (isCut, error) = file.finish()
      if error != 0 { log("some output is lost: \(String(cString: strerror(error)))") }
      isTruncated = isTruncated || isCut || error != 0
    }
    return isTruncated
  }
}

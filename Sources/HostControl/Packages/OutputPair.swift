import Glibc

/// The two files of a step.
struct OutputPair: Sendable {
  let stdout: OutputFile
  let stderr: OutputFile

  /// The file of a stream.
  subscript(stream: ProcessRequest.Stream) -> OutputFile {
    switch stream {
    case .stdout: stdout
    case .stderr: stderr
    }
  }
}

/// All files that take output.
struct Outputs: Sendable {
  /// What `apt-get update` puts out.
  let update: OutputPair
  /// What everything else does.
  let upgrade: OutputPair

  /// New files in a folder.
  ///
  /// - Throws: ``UpdateFolderError`` when one can't be made.
  init(_ folder: UpdateFolder) throws(UpdateFolderError) {
    func file(_ output: UpdateFolder.Output) throws(UpdateFolderError) -> OutputFile {
      try OutputFile(path: folder.file(output.rawValue))
    }
    update = OutputPair(stdout: try file(.updateStdout), stderr: try file(.updateStderr))
    upgrade = OutputPair(stdout: try file(.upgradeStdout), stderr: try file(.upgradeStderr))
  }

  /// Writes what is still kept back.
  ///
  /// - Returns: Whether something was left out.
  func finish(_ log: @Sendable (String) -> Void) -> Bool {
    var isTruncated = false
    for file in [update.stdout, update.stderr, upgrade.stdout, upgrade.stderr] {
      let (isCut, problem) = file.finish()
      if problem != 0 { log("some output is lost: \(String(cString: strerror(problem)))") }
      isTruncated = isTruncated || isCut || problem != 0
    }
    return isTruncated
  }
}

import Glibc
import Testing

@testable import HostControl

@Suite struct UpdateFolderTests {
  /// A temporary folder, which is removed on deinitialisation.
  private final class Scratch {
    let path: String
    var folder: UpdateFolder { UpdateFolder(path: path + "/state/update") }

    init() throws {
      var template = Array("/tmp/update-folder-XXXXXX".utf8CString)
      try #require(mkdtemp(&template) != nil)
      path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func write(_ name: String, _ text: String) throws {
      let file = try #require(fopen("\(folder.path)/\(name)", "w"))
      fputs(text, file)
      fclose(file)
    }

    deinit {
      for name in UpdateFolder.Output.allCases.map(\.rawValue) + ["state.json", "answered", "other"] {
        unlink("\(folder.path)/\(name)")
      }
      rmdir(folder.path)
      rmdir(path + "/state")
      rmdir(path)
    }
  }

  @Test func prepareRemovesFilesOfTheLastUpdate() throws {
    let scratch = try Scratch()
    let folder = scratch.folder
    #expect(try folder.state() == nil)
    try folder.prepare(for: "one")
    #expect(try folder.state() == UpdateState(commandID: "one"))
    try folder.write(UpdateState(commandID: "one", phase: .done, ending: .completed))
    try folder.markAnswered()
    try scratch.write("upgrade.stdout", "old")
    #expect(folder.isAnswered)

    try folder.prepare(for: "two")
    #expect(try folder.state() == UpdateState(commandID: "two"))
    #expect(!folder.isAnswered)
    #expect(folder.output(.upgradeStdout, limit: 10).bytes.isEmpty)
    var status = stat()
    #expect(stat(folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
  }

  @Test func nameMayBeginWithACombiningMark() throws {
    let scratch = try Scratch()
    let folder = UpdateFolder(path: scratch.path + "/state/\u{301}update")
    try folder.prepare(for: "one")
    #expect(try folder.state() == UpdateState(commandID: "one"))
    unlink(folder.file("state.json"))
    rmdir(folder.path)
  }

  @Test func damagedStateIsAnErrorWithThePath() throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    try scratch.write("state.json", #"{"command_id":"#)
    #expect {
      try scratch.folder.state()
    } throws: {
      "\($0)".contains(scratch.folder.path + "/state.json")
    }
  }

  @Test func answeredMarkerCanBeCleared() throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    try scratch.folder.markAnswered()
    try scratch.folder.clearAnswered()
    try scratch.folder.clearAnswered()
    #expect(!scratch.folder.isAnswered)
  }

  @Test func folderThatCannotBeCreatedIsAnError() {
    #expect(throws: UpdateFolderError.self) { try UpdateFolder(path: "/proc/none/update").prepare(for: "c") }
  }

  @Test func symbolicLinksAreNotFollowed() throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    try scratch.write("other", "secret")
    unlink(scratch.folder.file("state.json"))
    symlink(scratch.folder.file("other"), scratch.folder.file("state.json"))
    symlink(scratch.folder.file("other"), scratch.folder.file("update.stdout"))
    #expect(throws: UpdateFolderError.self) { try scratch.folder.state() }
    #expect(scratch.folder.output(.updateStdout, limit: 10).bytes.isEmpty)
    #expect(throws: UpdateFolderError.self) { try OutputFile(path: scratch.folder.file("update.stdout")) }
  }

  @Test(arguments: [
    (0, "", true), (4, "0189", true), (5, "0189", true), (9, "01236789", true), (10, "0123456789", false),
    (99, "0123456789", false),
  ])
  func longOutputKeepsHeadAndTail(limit: Int, kept: String, isTruncated: Bool) throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    try scratch.write("update.stderr", "0123456789")
    let output = scratch.folder.output(.updateStderr, limit: limit)
    #expect(output.text == kept)
    #expect(output.isTruncated == isTruncated)
  }

  @Test func outputIsReadFromAnOffset() throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    #expect(scratch.folder.output(.updateStdout, from: 0, limit: 9).isEmpty)
    try scratch.write("update.stdout", "0123456789")
    #expect(scratch.folder.output(.updateStdout, from: 0, limit: 4) == Array("0123".utf8))
    #expect(scratch.folder.output(.updateStdout, from: 4, limit: 99) == Array("456789".utf8))
    #expect(scratch.folder.output(.updateStdout, from: 10, limit: 9).isEmpty)
  }

  @Test(arguments: [
    (["0123456789"], "0123456789", false), (["012", "", "345"], "012345", false),
    (["0123456789abcdefXYZ"], "0123456789\n[... 5 bytes left out ...]\nfXYZ", true),
    (["01234567", "89abcdefXYZ"], "0123456789\n[... 5 bytes left out ...]\nfXYZ", true),
    (["0123456789abcd"], "0123456789abcd", false),
  ])
  func outputFilesAreBounded(pieces: [String], content: String, isTruncated: Bool) throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    let file = try OutputFile(path: scratch.folder.file("update.stdout"), headLimit: 10, tailLimit: 4)
    for piece in pieces { file.append(Array(piece.utf8)) }
    let (isCut, problem) = file.finish()
    #expect(isCut == isTruncated)
    #expect(problem == 0)
    #expect(scratch.folder.output(.updateStdout, limit: 100).text == content)
  }

  @Test func largeOutputTakesBoundedSpace() throws {
    let scratch = try Scratch()
    try scratch.folder.prepare(for: "c")
    let file = try OutputFile(path: scratch.folder.file("update.stdout"), headLimit: 1000, tailLimit: 500)
    for number in 0..<10_000 { file.append(Array("\(number)\n".utf8)) }
    #expect(file.finish().isTruncated)
    let kept = scratch.folder.output(.updateStdout, limit: 1 << 20).text
    #expect(kept.utf8.count < 1600)
    #expect(kept.hasPrefix("0\n1\n"))
    #expect(kept.hasSuffix("9998\n9999\n"))
  }

  @Test func fullDiskIsReportedByFinish() throws {
    let file = try OutputFile(path: "/dev/full")
    file.append([1, 2, 3])
    #expect(file.finish().error == ENOSPC)
  }

  @Test(.timeLimit(.minutes(1))) func workerDoesNothingWithoutAPreparedFolder() async throws {
    let scratch = try Scratch()
    let (stops, _) = AsyncStream<Void>.makeStream()
    let worker = UpdateWorker(folder: scratch.folder, variables: [:]) { _ in }
    #expect(await worker.run(stopRequests: stops) == 1)
    try scratch.folder.prepare(for: "c")
    let done = UpdateState(commandID: "c", phase: .done, ending: .completed)
    try scratch.folder.write(done)
    #expect(await worker.run(stopRequests: stops) == 1)
    #expect(try scratch.folder.state() == done)
  }
}

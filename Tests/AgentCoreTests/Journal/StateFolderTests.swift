import Glibc
import TestFiles
import Testing

@testable import AgentCore

@Suite struct StateFolderTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func state(
    _ configured: String, standard: String, sandboxed: String, environment: [String: String] = [:]
  ) -> StateFolder {
    StateFolder(
      "\(folder.path)/\(configured)", standard: "\(folder.path)/\(standard)",
      sandboxed: "\(folder.path)/\(sandboxed)", environment: environment)
  }

  @Test func missingFolderIsCreatedWithMode0700() {
    let state = state("a/b/c", standard: "lib", sandboxed: "log")
    #expect(state.path == "\(folder.path)/a/b/c")
    #expect(state.warning == nil)
    #expect(DiskFile.mode("\(folder.path)/a/b/c") == 0o700)
  }

  @Test func onlyTheDefaultFolderHasAlternatives() throws {
    try folder.write("file", "")
    let fallen = state("file/x", standard: "file/x", sandboxed: "log/.state")
    #expect(fallen.path == "\(folder.path)/log/.state")
    #expect(fallen.warning?.contains("Not a directory") == true)
    let configured = state("file/x", standard: "lib", sandboxed: "log/.state")
    #expect(configured.path == nil)
    #expect(configured.warning?.contains("file/x") == true)
  }

  @Test(arguments: [
    (["XDG_STATE_HOME": "/x"], "/x/plusclouds"), (["HOME": "/h"], "/h/.local/state/plusclouds"),
    (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/plusclouds"), ([:], nil),
  ])
  func userFolderIsTheLastAlternative(environment: [String: String], expected: String?) throws {
    try folder.write("file", "")
    let local = environment.mapValues { $0.hasPrefix("/") ? folder.path + $0 : $0 }
    let state = state("file/x", standard: "file/x", sandboxed: "file/y", environment: local)
    #expect(state.path == expected.map { folder.path + $0 })
    #expect(state.warning != nil)
  }

  @Test func folderWritableByOthersIsRejected() {
    mkdir(folder.path + "/open", 0o700)
    chmod(folder.path + "/open", 0o777)
    #expect(state("open", standard: "lib", sandboxed: "log").path == nil)
  }
}

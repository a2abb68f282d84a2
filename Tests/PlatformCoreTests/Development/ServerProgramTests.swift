import Glibc
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct ServerProgramTests {
  @Test func relativeFoldersOfPATHAreSkipped() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let program = folder + "/nats-server"
    try PrivateFile.write("#!/bin/sh\n", to: program, replaces: false)
    #expect(chmod(program, 0o755) == 0)
    let up = String(repeating: "../", count: 40)
    let relative = up + folder.dropFirst()
    #expect(access(relative + "/nats-server", X_OK) == 0)
    for path in [relative, ":\(relative):.:"] {
      #expect(throws: FileError.self, "\(path)") { try ServerProgram.find(environment: ["PATH": path]) }
    }
    #expect(try ServerProgram.find(environment: ["PATH": ":.:\(folder)"]) == program)
    #expect(try ServerProgram.find(environment: ["NATS_SERVER": program, "PATH": "/"]) == program)
  }
}

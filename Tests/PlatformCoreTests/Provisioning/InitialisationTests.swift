import Glibc
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct InitialisationTests {
  private static func server() throws -> String {
    try ServerProgram.find(environment: ProgramEnvironment.current())
  }

  private func succeeds(_ program: String, _ arguments: [String]) throws -> Bool {
    let pid = try ChildProcess.spawn(program, arguments)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    return status == 0
  }

  private func certificate(in folder: String) throws -> ServerConfiguration.TLS {
    let files = ServerConfiguration.TLS(
      certificateFile: folder + "/cert.pem", keyFile: folder + "/key.pem", caFile: folder + "/cert.pem")
    let made = try succeeds(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
        "/CN=localhost", "-days", "2", "-keyout", files.keyFile, "-out", files.certificateFile,
      ])
    #expect(made)
    return files
  }

  @Test(arguments: [
    (["127.0.0.1"], false), (["localhost"], true), (["n1", "n2", "n3"], false), (["n1", "n2", "n3"], true),
  ])
  func serverAcceptsTheConfiguration(_ hosts: [String], _ usesTLS: Bool) throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    var initialisation = Initialisation(folder: folder + "/out", hosts: hosts, storeFolder: folder + "/js")
    if usesTLS { initialisation.tls = try certificate(in: folder) }
    let written = try initialisation.run()
    #expect(initialisation.serverFiles.count == hosts.count)
    for file in initialisation.serverFiles {
      #expect(try succeeds(Self.server(), ["-t", "-c", "\(folder)/out/\(file)"]))
    }
    // A damaged configuration fails the same check.
    let text = try #require(FileTree.read("\(folder)/out/\(initialisation.serverFiles[0])"))
    try FileTree.write(text + "\nauthorization { no_such_key: }\n", to: folder + "/bad.conf")
    #expect(try !succeeds(Self.server(), ["-t", "-c", folder + "/bad.conf"]))
    for path in written {
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600, "\(path)")
    }
    let loaded = try PlatformConfiguration.load(path: folder + "/out/platform.yaml", environment: [:])
    #expect(loaded.warnings.isEmpty)
    #expect(loaded.configuration.nats.servers.count == hosts.count)
    #expect(loaded.configuration.streams.replicas == (hosts.count == 3 ? 3 : 1))
    #expect(try LoadedKeys(loaded.configuration).xkey != nil)
  }

  @Test func existingFilesAreNotOverwritten() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    try FileTree.write("mine", to: folder + "/platform.yaml")
    let error = #expect(throws: FileError.self) { try Initialisation(folder: folder).run() }
    #expect(error?.code == EEXIST)
    #expect(FileTree.read(folder + "/platform.yaml") == "mine")
    #expect(access(folder + "/keys/issuer.nk", F_OK) != 0)
  }

  @Test func writeAddsAContextAndKeepsOthers() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let file = ContextsFile(path: folder + "/a/contexts.yaml")
    #expect(try file.token(of: "dev") == nil)
    try file.write(.init(url: "nats://a", operatorName: "alice", token: "t1"), named: "prod")
    try file.write(.init(url: "nats://b", operatorName: "admin", token: "t2", caFile: "/ca"), named: "dev")
    try file.write(.init(url: "nats://c", operatorName: "admin", token: "t3"), named: "dev")
    #expect(try file.token(of: "prod") == "t1")
    #expect(try file.token(of: "dev") == "t3")
    let text = try #require(FileTree.read(file.path))
    #expect(text.contains("current: dev") && text.contains("nats://c") && !text.contains("nats://b"))
    var status = stat()
    #expect(stat(file.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    try FileTree.write("contexts: [", to: file.path)
    #expect(throws: FileError.self) { try file.token(of: "dev") }
  }

  @Test(arguments: [("\u{E9}", "e\u{301}"), ("K", "\u{212A}")])
  func contextOfAnEquivalentNameIsNotReplaced(existing: String, other: String) throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let file = ContextsFile(path: folder + "/contexts.yaml")
    try file.write(.init(url: "nats://a", operatorName: "alice", token: "t1"), named: existing)
    #expect(throws: FileError.self) { try file.token(of: other) }
    #expect(throws: FileError.self) {
      try file.write(.init(url: "nats://b", operatorName: "admin", token: "t2"), named: other)
    }
    #expect(try file.token(of: existing) == "t1")
  }
}

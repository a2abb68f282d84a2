import ConfigurationFiles
import Glibc
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct FileOwnershipTests {
  private func problem(
    _ owner: UInt32, _ folders: [(owner: UInt32, mode: UInt32, group: UInt32)] = [], user: UInt32 = 0
  ) -> String? {
    FileOwnership.weakness(
      of: .init(path: "/a/f", owner: owner, group: 0, mode: 0o640),
      in: folders.map { .init(path: "/a", owner: $0.owner, group: $0.group, mode: $0.mode) }, trusting: .root
    ).map { FileOwnership.message(about: $0, user: user) }
  }

  @Test func onlyRootMayOwnFilesAndFolders() {
    #expect(problem(0, [(0, 0o755, 0)]) == nil)
    #expect(problem(0, [(0, 0o755, 0)], user: 900) == nil)
    #expect(problem(900, user: 900)?.contains("the platform runs as") == true)
    #expect(problem(1000)?.contains("user 1000") == true)
    #expect(problem(0, [(1000, 0o700, 0)])?.contains("user 1000") == true)
    #expect(problem(0, [(0, 0o777, 0)]) != nil && problem(0, [(0, 0o775, 50)]) != nil)
    #expect(problem(0, [(0, 0o1777, 0)]) == nil && problem(0, [(0, 0o775, 0)]) == nil)
  }

  @Test(.enabled(if: geteuid() == 0)) func initGivesTheServiceReadAccessOnly() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    var initialisation = Initialisation(folder: folder + "/new")
    initialisation.group = 54321
    let files = try initialisation.run()
    for path in files + [folder + "/new", folder + "/new/keys"] {
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_uid == 0)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      let isServers = path.hasSuffix(".conf")
      #expect(status.st_gid == (isServers ? 0 : 54321), "\(path)")
      #expect(status.st_mode & 0o7777 == (isFolder ? 0o750 : isServers ? 0o600 : 0o640), "\(path)")
    }
    let seed = SeedFile(key: "k", path: folder + "/new/keys/issuer.nk")
    let own = try seed.read().warning?.message
    #expect(own?.contains("can be read") != true, "a warning about a file of root that a group may read")
    #expect(chown(seed.path, 54321, 54321) == 0)
    #expect(try seed.read().warning != nil)
  }

  @Test(.enabled(if: geteuid() == 0)) func configurationOfAnotherUserIsAWarning() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let path = folder + "/platform.yaml"
    try PrivateFile.write(
      PlatformFile(url: "nats://127.0.0.1", keysFolder: "keys", replicas: 1).text, to: path, replaces: false)
    func warnings() throws -> [String] {
      try PlatformConfiguration.load(path: path, environment: [:]).warnings.map(\.message)
    }
    #expect(try warnings() == [])
    #expect(chown(path, 54321, 54321) == 0)
    #expect(try warnings().contains { $0.contains("user 54321") })
  }

  @Test(
    .enabled(if: geteuid() == 0), arguments: [("\u{E9}", "e\u{301}"), ("K", "\u{212A}")])
  func foldersAreComparedAsBytes(trusted: String, writable: String) throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    for name in [trusted, writable] {
      #expect(mkdir("\(folder)/\(name)", 0o755) == 0)
      #expect(chmod("\(folder)/\(name)", 0o755) == 0)
    }
    #expect(chown("\(folder)/\(writable)", 54321, 54321) == 0)
    try FileTree.write("S", to: "\(folder)/\(writable)/seed")
    #expect(symlink("\(folder)/\(writable)/seed", "\(folder)/\(trusted)/seed") == 0)
    let path = "\(folder)/\(trusted)/seed"
    let problem = FileOwnership.problem(path: path, try TextFile(path: path, limit: 16))
    #expect(problem?.contains("user 54321") == true)
  }

  @Test(.enabled(if: geteuid() == 0)) func folderIsCheckedAboveANameWithACombiningMark() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    #expect(mkdir("\(folder)/keys", 0o755) == 0)
    #expect(chown("\(folder)/keys", 54321, 54321) == 0)
    let path = "\(folder)/keys/\u{301}seed"
    try FileTree.write("S", to: path)
    let problem = FileOwnership.problem(path: path, try TextFile(path: path, limit: 16))
    #expect(problem?.contains("user 54321") == true)
  }
}

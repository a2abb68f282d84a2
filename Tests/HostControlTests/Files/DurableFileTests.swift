import Glibc
import HostControl
import Testing

@Suite final class DurableFileTests {
  private let folder: String

  init() throws {
    var template = Array("/tmp/durable-file-XXXXXX".utf8CString)
    folder = String(cString: try #require(mkdtemp(&template)))
  }

  deinit {
    for name in ["file", "file.new", "big"] { unlink("\(folder)/\(name)") }
    rmdir("\(folder)/taken")
    rmdir(folder)
  }

  @Test func writeReplacesTheContentWithMode0600() throws {
    let path = "\(folder)/file"
    #expect(try DurableFile.read(path, limit: 100) == nil)
    try DurableFile.write([1, 2, 3], to: path)
    try DurableFile.write([4, 5], to: path)
    #expect(try DurableFile.read(path, limit: 100) == [4, 5])
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(access("\(path).new", F_OK) != 0)
    try DurableFile.remove(path)
    try DurableFile.remove(path)
    #expect(try DurableFile.read(path, limit: 100) == nil)
  }

  @Test func leftoverTemporaryFileIsReplaced() throws {
    let path = "\(folder)/file"
    try DurableFile.write([9], to: "\(path).new", mode: 0o644)
    try DurableFile.write([1], to: path)
    #expect(try DurableFile.read(path, limit: 100) == [1])
  }

  @Test func failedWriteNamesTheFileAndKeepsTheOldContent() throws {
    mkdir("\(folder)/taken", 0o700)
    #expect {
      try DurableFile.write([1], to: "\(folder)/taken")
    } throws: {
      ($0 as? FileError)?.description.contains("\(folder)/taken") == true
    }
    #expect(throws: FileError.self) { try DurableFile.write([1], to: "\(folder)/none/file") }
    #expect(access("\(folder)/taken.new", F_OK) != 0)
  }

  @Test func fileLargerThanTheLimitIsAnError() throws {
    try DurableFile.write([UInt8](repeating: 1, count: 20_000), to: "\(folder)/big")
    #expect(throws: FileError.self) { try DurableFile.read("\(folder)/big", limit: 19_999) }
    #expect(try DurableFile.read("\(folder)/big", limit: 20_000)?.count == 20_000)
  }

  @Test func symbolicLinkIsNotFollowed() throws {
    try DurableFile.write([1], to: "\(folder)/big")
    #expect(symlink("\(folder)/big", "\(folder)/file") == 0)
    #expect(throws: FileError.self) { try DurableFile.read("\(folder)/file", limit: 10) }
  }
}

import AgentProtocol
import Glibc
import Loopback

/// A server, the responder of its callouts, and the permitted agents.
protocol Scene: AnyObject {
  /// The name in the table.
  var title: String { get }
  var server: ServerUnderTest { get }
  /// The responder of the callouts.
  var responder: ChildProcess { get }
  /// The permitted agents with their tokens.
  var tokens: [(uuid: AgentUUID, token: String)] { get }
  /// Events that the platform has folded; nil without a platform.
  func eventsFolded() async throws -> Double?
}

/// A folder that is removed with its owner.
final class ScratchFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/fleet-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchmarkFailure("no folder can be made in /tmp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    Self.remove(path)
  }

  func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    guard TextOf.write(text, to: file) else { throw BenchmarkFailure("\(file) can't be written") }
    return file
  }

  /// Removes a file, a link, or a folder with its contents.
  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(folder)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

import AgentProtocol
import Glibc
import Loopback

/// A server, who answers its callouts, and the agents that may come.
protocol Scene: AnyObject {
  /// What it is called in the table.
  var title: String { get }
  var server: ServerUnderTest { get }
  /// Who answers the callouts.
  var responder: ChildProcess { get }
  /// The agents that may come, and with which tokens.
  var tokens: [(uuid: AgentUUID, token: String)] { get }
  /// Events that the platform has taken into its state; nil where there is no platform.
  func eventsFolded() async throws -> Double?
}

/// A folder that goes with its owner.
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

  /// Removes a file, a link, or a folder with what is in it.
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

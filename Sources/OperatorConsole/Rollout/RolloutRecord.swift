import FoundationEssentials
import Glibc
import JSON
import Locks
import PlatformAPI

/// What a run has done so far, in a file of a line an event, so that it can be gone on with: agents that have completed are
/// left out then, and a command that was on its way is waited for, not sent twice.
final class RolloutRecord: Sendable {
  /// How far one agent is.
  struct Step: Sendable, Hashable {
    /// The command's id.
    var command: String
    /// `submitted`, or how it ended.
    var state: String
  }

  private static let maximumSize = 64 << 20

  private let path: String
  private let operation: String
  private let params: JSONValue
  /// Its descriptor; lines are written one at a time.
  private let file: Locked<Int32>
  /// What the file held.
  let steps: [String: Step]

  /// Opens or makes the file.
  ///
  /// - Parameter isReadOnly: Whether it is only read; it has to be there then.
  /// - Throws: usage, when it is the record of something else or cannot be used.
  init(path: String, operation: String, params: JSONValue?, isReadOnly: Bool = false) throws(ConsoleError) {
    self.path = path
    self.operation = operation
    self.params = params ?? .null
    let mode = isReadOnly ? O_RDONLY : O_RDWR | O_CREAT | O_APPEND
    let descriptor = open(path, mode | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ConsoleError(.usage, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    file = Locked(descriptor)
    do throws(ConsoleError) {
      steps = try Self.read(descriptor, path, operation, params ?? .null)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(file.withLock { $0 }) }

  /// Appends a line.
  ///
  /// - Throws: usage, when it cannot be written: the run must not go further than its record.
  func note(_ agent: String, _ step: Step) throws(ConsoleError) {
    let line: JSONValue = [
      "agent": .string(agent), "command": .string(step.command), "state": .string(step.state),
      "operation": .string(operation), "params": params,
    ]
    let bytes = JSONWriter.encode(line) + [UInt8(ascii: "\n")]
    let isWritten = file.withLock { descriptor in
      bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    }
    guard isWritten else {
      throw ConsoleError(.usage, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  private static func read(
    _ descriptor: Int32, _ path: String, _ operation: String, _ params: JSONValue
  ) throws(ConsoleError) -> [String: Step] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk[0..<count]
      guard bytes.count <= maximumSize else {
        throw ConsoleError(.usage, "\(path) is too large for a record")
      }
    }
    var steps: [String: Step] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let object: JSONObject?
      // The last line of a run that was ended may be half of one.
      do { object = try JSONReader.parse(Array(line)).objectValue } catch { continue }
      guard let object, let agent = object["agent"]?.stringValue,
        let command = object["command"]?.stringValue, let state = object["state"]?.stringValue
      else { throw ConsoleError(.usage, "\(path) is no record of a run") }
      guard object["operation"]?.stringValue == operation, (object["params"] ?? .null) == params else {
        throw ConsoleError(.usage, "\(path) is the record of another operation; name a new file")
      }
      steps[agent] = Step(command: command, state: state)
    }
    return steps
  }
}

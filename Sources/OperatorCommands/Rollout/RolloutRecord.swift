import Encoding
import FoundationEssentials
import Glibc
import JSON
import Locks
import PlatformAPI

/// The progress of a rollout in a file of JSON lines, so that it can be resumed. On resumption, completed agents are skipped, and a
/// command that was already submitted is waited for instead of being submitted again.
final class RolloutRecord: Sendable {
  /// The progress of one agent.
  struct Step: Sendable, Hashable {
    /// The command's id.
    var command: String
    /// `submitted`, or the final state.
    var state: String
  }

  private static let maximumSize = 64 << 20

  private let path: String
  private let operation: String
  private let params: JSONValue
  /// The file descriptor. The lock keeps lines from being interleaved.
  private let file: Locked<Int32>
  /// The last step of each agent in the file, by uuid.
  let steps: [ExactString: Step]

  /// Opens the file, or creates it.
  ///
  /// - Parameter isReadOnly: Opens an existing file for reading only.
  /// - Throws: `usage` if it cannot be opened, or is the record of another operation.
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
  /// - Throws: `usage` if it cannot be written. The rollout must not get ahead of its record.
  func append(_ agent: String, _ step: Step) throws(ConsoleError) {
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
  ) throws(ConsoleError) -> [ExactString: Step] {
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
    var steps: [ExactString: Step] = [:]
    let expected = JSONWriter.encode(params)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let object: JSONObject?
      // The last line is incomplete if the process was killed while it was written.
      do { object = try JSONReader.parse(Array(line)).objectValue } catch { continue }
      guard let object, let agent = object["agent"]?.stringValue,
        let command = object["command"]?.stringValue, let state = object["state"]?.stringValue
      else { throw ConsoleError(.usage, "\(path) is not the record of a run") }
      guard object["operation"]?.stringValue?.hasSameBytes(as: operation) ?? false,
        JSONWriter.encode(object["params"] ?? .null) == expected
      else {
        throw ConsoleError(.usage, "\(path) is the record of another operation; name a new file")
      }
      steps[ExactString(agent)] = Step(command: command, state: state)
    }
    return steps
  }
}

import AgentProtocol
import Glibc
import JSON
import Logging

@testable import AgentCore

extension JournaledCommand {
  /// A command that was received at a time.
  static func test(_ id: String, at time: Int64 = 1_000, operation: String = "slow") -> JournaledCommand {
    JournaledCommand(
      key: JournalKey(id), id: id, operation: operation, digest: CommandDigest.of(operation, JSONObject()),
      received: time, made: time)
  }
}

extension ReplyTarget {
  static let test = ReplyTarget(replyTo: nil, connectionID: 1)
}

extension CommandJournal {
  static func test(
    in folder: String?, limits: JournalLimits = .durable, losses: LossCounter = LossCounter()
  ) -> CommandJournal {
    CommandJournal(
      in: folder, limits: limits, losses: losses,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      bootID: "boot")
  }

  /// Journals a command from its registration to its result.
  @discardableResult
  func record(_ id: String, output: String = "", at time: Int64 = 1_000) async throws -> ResultPayload {
    let command = JournaledCommand.test(id, at: time)
    register(command, to: .test)
    try await start(command.key)
    return await end(id, output: output)
  }

  /// Journals the result of a running command.
  @discardableResult
  func end(_ id: String, output: String = "") async -> ResultPayload {
    let result = ResultPayload(commandID: id, status: .completed, output: .string(output))
    _ = await finish(JournalKey(id), result, messageID: "m-\(id)").value
    return result
  }

  func lookUp(_ id: String, at time: Int64? = nil, operation: String = "slow") -> JournalIndex.Lookup {
    lookUp(JournalKey(id), made: time, to: .test) { CommandDigest.of(operation, JSONObject()) }
  }
}

/// Access to files on disk.
enum DiskFile {
  static func names(_ folder: String) -> [String] {
    var names: [String] = []
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  static func read(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    return JournalFile.read(descriptor, Int(status.st_size), at: 0)
  }

  static func mode(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }
}

import HostControl

/// A record of the journal. A frame may contain a result as well.
enum JournalRecord: Sendable, Equatable {
  /// A command is about to start.
  case started(JournaledCommand, bootID: String)
  /// A command has started a process.
  case process(JournalKey, ProcessIdentity)
  /// A command has a result, which is part of the frame. `messageID` is the id of its message in every attempt.
  case answered(JournaledCommand, messageID: String, isDelivered: Bool)
  /// The server has confirmed a result.
  case delivered(JournalKey)
}

extension JournalRecord {
  /// The record with clamped timestamps.
  func clamped(to bounds: TimestampClamp) -> JournalRecord {
    switch self {
    case .started(let command, let bootID): .started(command.clamped(to: bounds), bootID: bootID)
    case .answered(let command, let messageID, let isDelivered):
      .answered(command.clamped(to: bounds), messageID: messageID, isDelivered: isDelivered)
    case .process, .delivered: self
    }
  }

  /// The encoded record, as in a ``JournalFrame``.
  var bytes: [UInt8] {
    var writer = JournalBytesWriter()
    switch self {
    case .started(let command, let bootID):
      writer.write(UInt8(1))
      writer.write(command)
      writer.write(bootID)
    case .process(let key, let identity):
      writer.write(UInt8(2))
      writer.write(key)
      writer.write(identity.pid)
      writer.write(identity.startTicks)
    case .answered(let command, let messageID, let isDelivered):
      writer.write(UInt8(3))
      writer.write(command)
      writer.write(messageID)
      writer.write(UInt8(isDelivered ? 1 : 0))
    case .delivered(let key):
      writer.write(UInt8(4))
      writer.write(key)
    }
    return writer.bytes
  }

  /// Decodes a record; nil for invalid bytes.
  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = JournalBytesReader(bytes)
    switch reader.number(UInt8.self) {
    case 1:
      guard let command = reader.command(), let bootID = reader.text() else { return nil }
      self = .started(command, bootID: bootID)
    case 2:
      guard let key = reader.key(), let pid = reader.number(Int32.self),
        let ticks = reader.number(UInt64.self)
      else { return nil }
      self = .process(key, ProcessIdentity(pid: pid, startTicks: ticks))
    case 3:
      guard let command = reader.command(), let messageID = reader.text(),
        let flags = reader.number(UInt8.self)
      else { return nil }
      self = .answered(command, messageID: messageID, isDelivered: flags & 1 == 1)
    case 4:
      guard let key = reader.key() else { return nil }
      self = .delivered(key)
    default: return nil
    }
  }
}

extension JournalBytesWriter {
  fileprivate mutating func write(_ command: JournaledCommand) {
    write(command.key)
    write(command.digest)
    write(command.received)
    write(command.made)
    write(command.id)
    write(command.operation)
  }
}

extension JournalBytesReader {
  fileprivate mutating func command() -> JournaledCommand? {
    guard let key = key(), let digest = number(UInt64.self), let received = number(Int64.self),
      let made = number(Int64.self), let id = text(), let operation = text()
    else { return nil }
    return JournaledCommand(
      key: key, id: id, operation: operation, digest: digest, received: received, made: made)
  }
}

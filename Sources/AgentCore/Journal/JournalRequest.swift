import HostControl

/// A request to the thread of the journal.
enum JournalRequest: Sendable {
  /// Lock the folder and read the files.
  case open(OneShot<JournalError?>)
  /// Write the start of a command; completes with nil once it is on disk.
  case start(JournaledCommand, bootID: String, OneShot<JournalError?>)
  /// Write a process of a command.
  case process(JournalKey, ProcessIdentity)
  /// Write the result of a command; completes with the reply target once it is on disk or cannot be written.
  case finish(JournaledCommand, messageID: String, result: [UInt8], OneShot<ReplyTarget?>)
  /// Write the permanent rejection of a command; completes with the reply target once it is on disk.
  case refuse(
    JournaledCommand, messageID: String, result: [UInt8], OneShot<Result<ReplyTarget?, JournalError>>)
  /// Write that the server has confirmed a result.
  case deliver(JournalKey)
  /// Read a result.
  case read(JournalKey, OneShot<StoredResult?>)
  /// Unlock the folder and end the thread.
  case close(OneShot<Void>)
}

/// A stored result.
struct StoredResult: Sendable, Equatable {
  /// The id of the message that carries it.
  let messageID: String
  /// The encoded payload.
  let bytes: [UInt8]
}

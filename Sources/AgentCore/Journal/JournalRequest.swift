import HostControl

/// What the thread of the journal is asked to do.
enum JournalRequest: Sendable {
  /// Take hold of the folder and read what is there.
  case open(OneShot<JournalError?>)
  /// Note that a command is about to run; nil once that is on disk.
  case start(JournaledCommand, bootID: String, OneShot<JournalError?>)
  /// Note a process of a command.
  case process(JournalKey, ProcessIdentity)
  /// Note how a command has ended; answered with where that goes, once it is on disk, or cannot be.
  case finish(JournaledCommand, messageID: String, result: [UInt8], OneShot<ReplyTarget?>)
  /// Note that a command never runs, and with which result; answered with where that goes, once it is on disk.
  case refuse(
    JournaledCommand, messageID: String, result: [UInt8], OneShot<Result<ReplyTarget?, JournalError>>)
  /// Note that the server has confirmed a result.
  case deliver(JournalKey)
  /// Read a result.
  case read(JournalKey, OneShot<StoredResult?>)
  /// Let go of the folder, and end.
  case close(OneShot<Void>)
}

/// A result as it was sent.
struct StoredResult: Sendable, Equatable {
  /// The id of the message that brings it.
  let messageID: String
  /// The payload.
  let bytes: [UInt8]
}

/// One that listens to events, and the room for those it has not taken yet.
struct UnitEventListener {
  /// How many events wait at most for a listener.
  static let room = 4096

  private let continuation: AsyncStream<UnitEvent>.Continuation
  private var overflow: OverflowMark

  init(_ continuation: AsyncStream<UnitEvent>.Continuation, room: Int = Self.room) {
    self.continuation = continuation
    overflow = OverflowMark(room: room)
  }

  /// Puts an event behind those that wait. When the oldest had to go for it, a `connected` follows, by which the listener knows
  /// to look at everything anew.
  mutating func tell(_ event: UnitEvent) {
    guard case .dropped = continuation.yield(event) else { return overflow.added() }
    if overflow.addedBeyondRoom() { continuation.yield(.connected) }
  }
}

/// Decides when a full queue, which drops its oldest element for a new one, needs a mark that something was lost: whenever no
/// earlier mark is still in it.
struct OverflowMark {
  private let room: Int
  /// How many elements were added since the last mark, that one included.
  private var sinceMark: Int

  init(room: Int) {
    self.room = room
    sinceMark = room
  }

  /// An element was added without loss.
  mutating func added() {
    sinceMark = min(sinceMark + 1, room)
  }

  /// An element was added for which the oldest was dropped. Returns whether a mark must be added, which counts as added.
  mutating func addedBeyondRoom() -> Bool {
    added()
    guard sinceMark >= room else { return false }
    sinceMark = 1
    return true
  }
}

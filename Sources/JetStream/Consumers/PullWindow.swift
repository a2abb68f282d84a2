/// How many messages have been asked for and have not come.
struct PullWindow: Hashable {
  /// How many may be on their way at once.
  let size: Int
  private(set) var outstanding = 0

  init(size: Int) {
    self.size = max(size, 1)
  }

  /// How many to ask for now; nil while enough are on their way.
  var wanted: Int? {
    outstanding <= size / 2 ? size - outstanding : nil
  }

  mutating func asked(_ count: Int) { outstanding += count }

  mutating func received() { outstanding = max(outstanding - 1, 0) }

  /// A pull is over. Without a number of what it left undelivered it is taken for the only one.
  mutating func ended(undelivered: Int?) {
    guard let undelivered else { return outstanding = 0 }
    outstanding = max(outstanding - max(undelivered, 0), 0)
  }

  mutating func forgotten() { outstanding = 0 }
}

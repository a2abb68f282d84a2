/// How far a list that comes in pages has been read (ADR-1). The list may change while it is read.
struct Pages {
  /// More pages than this are not asked for, whatever the server says.
  static let maximum = 10_000

  /// Where the next page begins; nil when all has been read.
  private(set) var next: Int? = 0
  private var read = 0
  private var pages = 0

  /// A page came.
  mutating func took(_ count: Int, of total: Int) {
    read += count
    pages += 1
    next = count > 0 && read < total && pages < Self.maximum ? read : nil
  }
}

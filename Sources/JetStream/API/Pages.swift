/// The position in a paged list (ADR-1). The list may change while it is read.
struct Pages {
  /// Maximum number of pages, regardless of the total that the server reports.
  static let maximum = 10_000

  /// The offset of the next page; nil after the last one.
  private(set) var next: Int? = 0
  private var read = 0
  private var pages = 0

  /// Advances past a received page.
  mutating func received(_ count: Int, of total: Int) {
    read += count
    pages += 1
    next = count > 0 && read < total && pages < Self.maximum ? read : nil
  }
}

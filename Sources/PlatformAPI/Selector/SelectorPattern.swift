/// A value of a ``Selector``, in which `*` matches any number of characters. Case-sensitive.
public struct SelectorPattern: Sendable, Hashable {
  /// The pattern as it was written, without quotes.
  public let text: String

  /// Creates a pattern.
  public init(_ text: String) { self.text = text }

  /// Whether the whole of `value` matches. Takes at most time in proportion to the product of both lengths.
  public func matches(_ value: String) -> Bool {
    let star = UInt8(ascii: "*")
    let pattern = Array(text.utf8)
    let value = Array(value.utf8)
    var p = 0
    var v = 0
    // The pattern after the last `*`, and how much of the value that `*` covers: one byte more after each mismatch.
    var retry: (pattern: Int, value: Int)?
    while v < value.count {
      if p < pattern.count, pattern[p] == star {
        p += 1
        retry = (p, v)
      } else if p < pattern.count, pattern[p] == value[v] {
        p += 1
        v += 1
      } else if let (afterStar, reached) = retry {
        p = afterStar
        v = reached + 1
        retry = (afterStar, v)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == star }
  }
}

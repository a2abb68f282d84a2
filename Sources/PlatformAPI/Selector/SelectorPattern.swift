/// A value of a ``Selector``, in which `*` stands for any characters. Case counts.
public struct SelectorPattern: Sendable, Hashable {
  /// As it was written, without quotes.
  public let text: String

  /// A pattern.
  public init(_ text: String) { self.text = text }

  /// Whether the whole of `value` fits. The time grows with the product of both lengths at most.
  public func matches(_ value: String) -> Bool {
    let star = UInt8(ascii: "*")
    let pattern = Array(text.utf8)
    let value = Array(value.utf8)
    var p = 0
    var v = 0
    // After the last `*`, and how far into the value it reaches: it takes one byte more whenever the rest does not fit.
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

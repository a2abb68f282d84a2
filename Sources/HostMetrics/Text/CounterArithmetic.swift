/// The largest number read from a file. It fits into the signed 64-bit integers of JSON consumers.
package let largestNumber = UInt64(Int64.max)

/// The share of a part in a whole as a percentage, 0 to 100 with two decimals; 0 if the whole is 0.
func percentage(_ part: Double, of whole: Double) -> Double {
  guard whole > 0, part > 0 else { return 0 }
  return (min(part / whole, 1) * 10_000).rounded() / 100
}

/// The increase of a counter; 0 if it decreased.
func increase(from earlier: UInt64, to later: UInt64) -> UInt64 {
  later > earlier ? later - earlier : 0
}

/// Units per second, rounded to a whole number, at most ``largestNumber``.
func rate(_ amount: Double, over seconds: Double) -> UInt64 {
  guard seconds > 0, amount > 0 else { return 0 }
  return UInt64(exactly: (amount / seconds).rounded()).map { min($0, largestNumber) } ?? largestNumber
}

/// The product, at most ``largestNumber``.
package func product(_ left: UInt64, _ right: UInt64) -> UInt64 {
  let (value, overflow) = left.multipliedReportingOverflow(by: right)
  return overflow ? largestNumber : min(value, largestNumber)
}

/// The value rounded to two decimals.
func hundredths(_ value: Double) -> Double {
  (value * 100).rounded() / 100
}

import JSON

extension ResultPayload {
  /// The same answer, small enough to be sent: long texts of its output are cut in the middle, and lists are shortened.
  ///
  /// The size that counts is the encoded one: a NUL byte of output takes six bytes of JSON. An answer whose output can't be
  /// made small enough is `failed`: it never reads as one that has no output.
  ///
  /// - Parameter limit: The most bytes that the encoded payload may have.
  public func fitting(_ limit: Int) -> ResultPayload {
    let size = JSONWriter.encode(json).count
    guard size > limit else { return self }
    var fitted = self
    fitted.isTruncated = true
    if let shortened = output?.shortened(by: size - limit + Self.noteSize) {
      fitted.output = shortened.value
      if fitted.message.isEmpty { fitted.message = shortened.note }
      return fitted
    }
    fitted.output = nil
    fitted.message = message.cutInTheMiddle(encodedSize: 512)
    if status == .completed {
      fitted.status = .failed
      fitted.code = .failed
      fitted.message = "it was done, but the output is too large to be sent (\(size) bytes)"
    }
    return fitted
  }

  /// What the `truncated` member and a message add.
  private static let noteSize = 256
}

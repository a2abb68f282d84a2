import JSON

extension ResultPayload {
  /// The result in at most `limit` encoded bytes. Long texts of its output are cut in the middle, and lists are shortened.
  ///
  /// A completed result whose output cannot be shortened enough becomes `failed`, so that it is not taken for one without output. The
  /// encoded size counts: a NUL byte of output takes six bytes of JSON.
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

  /// Room for the member `truncated` and a message, in bytes.
  private static let noteSize = 256
}

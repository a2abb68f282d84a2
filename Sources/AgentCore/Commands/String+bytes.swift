extension String {
  /// The beginning of the text, at most so many bytes long: a single character can have any number of them.
  func prefix(bytes: Int) -> String {
    utf8.count <= bytes ? self : String(decoding: utf8.prefix(bytes), as: UTF8.self)
  }
}

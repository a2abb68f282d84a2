import JSON

extension ResultPayload {
  /// The same answer, small enough to be sent: the longest texts of its output are cut in the middle.
  ///
  /// The size that counts is the encoded one: a NUL byte of output takes six bytes of JSON.
  ///
  /// - Parameter limit: The most bytes that the encoded payload may have.
  public func fitting(_ limit: Int) -> ResultPayload {
    let size = JSONWriter.encode(json).count
    guard size > limit else { return self }
    var fitted = self
    fitted.isTruncated = true
    // What the `truncated` member and a message add.
    let surplus = size - limit + 256
    var sizes: [Int] = []
    output?.forEachString { sizes.append(JSONWriter.encodedSize(of: $0.utf8)) }
    if let longest = Self.longestAllowed(of: sizes, surplus: surplus) {
      fitted.output = output?.mapStrings { text in
        JSONWriter.encodedSize(of: text.utf8) > longest ? text.cutInTheMiddle(encodedSize: longest) : text
      }
    } else {
      fitted.output = nil
      fitted.message = message.cutInTheMiddle(encodedSize: 512)
      if fitted.message.isEmpty { fitted.message = "the output is too large to be sent (\(size) bytes)" }
    }
    return fitted
  }

  /// The length to which the longest texts have to be cut so that `surplus` bytes go, or nil when cutting texts does not
  /// make enough room.
  private static func longestAllowed(of sizes: [Int], surplus: Int) -> Int? {
    let descending = sizes.sorted(by: >)
    var total = 0
    for (index, size) in descending.enumerated() {
      total += size
      let next = index + 1 < descending.count ? descending[index + 1] : 0
      // All texts up to this one are cut to the same length, which need not go below the next one's.
      let length = (total - surplus) / (index + 1)
      if length >= next { return length >= minimumText ? length : nil }
    }
    return nil
  }

  /// Below this a text that is cut says nothing any more.
  private static let minimumText = 64
}

extension JSONValue {
  fileprivate func forEachString(_ visit: (String) -> Void) {
    switch self {
    case .string(let text): visit(text)
    case .array(let elements): for element in elements { element.forEachString(visit) }
    case .object(let object): for member in object.members { member.value.forEachString(visit) }
    case .null, .bool, .integer, .unsigned, .number: break
    }
  }

  fileprivate func mapStrings(_ transform: (String) -> String) -> JSONValue {
    switch self {
    case .string(let text): .string(transform(text))
    case .array(let elements): .array(elements.map { $0.mapStrings(transform) })
    case .object(let object):
      .object(
        JSONObject(
          object.members.map { JSONObject.Member(key: $0.key, value: $0.value.mapStrings(transform)) }))
    case .null, .bool, .integer, .unsigned, .number: self
    }
  }
}

extension String {
  /// The text with its middle replaced by a note, so that it takes at most `encodedSize` bytes as JSON. Scalars stay whole.
  fileprivate func cutInTheMiddle(encodedSize: Int) -> String {
    guard JSONWriter.encodedSize(of: utf8) > encodedSize else { return self }
    let note = "\n[\(utf8.count) bytes, the middle is left out]\n"
    let room = max(0, encodedSize - JSONWriter.encodedSize(of: note.utf8)) / 2
    let scalars = unicodeScalars
    var head = scalars.startIndex
    var used = 0
    while head < scalars.endIndex {
      used += scalars[head].encodedSize
      if used > room { break }
      head = scalars.index(after: head)
    }
    var tail = scalars.endIndex
    used = 0
    while tail > head {
      let previous = scalars.index(before: tail)
      used += scalars[previous].encodedSize
      if used > room { break }
      tail = previous
    }
    return String(self[..<head]) + note + String(self[tail...])
  }
}

extension Unicode.Scalar {
  fileprivate var encodedSize: Int {
    isASCII ? JSONWriter.encodedSize(of: UInt8(truncatingIfNeeded: value)) : UTF8.width(self)
  }
}

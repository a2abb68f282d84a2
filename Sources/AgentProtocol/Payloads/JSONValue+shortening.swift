import Encoding
import JSON

/// A shortened value, and the number of elements that were left out of it.
struct ShortenedValue {
  /// The shortened value.
  var value: JSONValue
  /// The number of elements that were left out of lists.
  var elementsLeftOut = 0
  /// The number of elements that these lists had.
  var elementCount = 0

  /// The loss, for people. Empty when only texts were cut, which have a note of their own.
  var note: String {
    elementsLeftOut == 0
      ? "" : "too large for one message: \(elementsLeftOut) of \(elementCount) list entries are left out"
  }
}

extension JSONValue {
  /// The value, at least `surplus` bytes of JSON smaller; nil when that is not possible.
  ///
  /// Long texts are cut in the middle first. Where that is not enough, whole elements of the longest lists are left out, since a part of
  /// a name is of no use: the last ones, or the first ones of a list of texts, which are lines of a log.
  func shortened(by surplus: Int) -> ShortenedValue? {
    if let cut = cuttingTexts(by: surplus, minimum: Self.longText) { return ShortenedValue(value: cut) }
    let size = JSONWriter.encode(self).count
    let cut = cuttingTexts(toSize: Self.longText)
    let rest = surplus - (size - JSONWriter.encode(cut).count)
    return cut.droppingElements(by: rest)
      ?? cuttingTexts(by: surplus, minimum: Self.shortestText).map { ShortenedValue(value: $0) }
  }

  /// Texts of more bytes are cut before elements of lists are left out.
  private static let longText = 1024
  /// The least number of bytes that a cut text keeps.
  private static let shortestText = 64

  // MARK: Texts

  private func cuttingTexts(by surplus: Int, minimum: Int) -> JSONValue? {
    var sizes: [Int] = []
    forEachString { sizes.append(JSONWriter.encodedSize(of: $0.utf8)) }
    return Self.longestAllowed(of: sizes, surplus: surplus, minimum: minimum).map(cuttingTexts(toSize:))
  }

  private func cuttingTexts(toSize longest: Int) -> JSONValue {
    mapStrings { text in
      JSONWriter.encodedSize(of: text.utf8) > longest ? text.cutInTheMiddle(encodedSize: longest) : text
    }
  }

  /// The length to which the longest texts have to be cut to save `surplus` bytes; nil when that does not save enough.
  private static func longestAllowed(of sizes: [Int], surplus: Int, minimum: Int) -> Int? {
    let descending = sizes.sorted(by: >)
    var total = 0
    for (index, size) in descending.enumerated() {
      total += size
      let next = index + 1 < descending.count ? descending[index + 1] : 0
      // All texts up to this one are cut to the same length, which is at least the length of the next one.
      let length = (total - surplus) / (index + 1)
      if length >= next { return length >= minimum ? length : nil }
    }
    return nil
  }

  // MARK: Lists

  private func droppingElements(by surplus: Int) -> ShortenedValue? {
    var shortened = ShortenedValue(value: self)
    var rest = surplus
    while rest > 0 {
      guard let (path, _) = shortened.value.largestList(), var elements = shortened.value.list(at: path[...])
      else {
        return nil
      }
      shortened.elementCount += elements.count
      let isOfTexts = elements.allSatisfy { $0.stringValue != nil }
      var kept = elements[...]
      while rest > 0, let dropped = isOfTexts ? kept.popFirst() : kept.popLast() {
        rest -= JSONWriter.encode(dropped).count + 1
        shortened.elementsLeftOut += 1
      }
      elements = Array(kept)
      shortened.value = shortened.value.replacingList(at: path[...], with: elements)
    }
    return shortened
  }

  /// The path of the largest list outside of other lists, by the keys of the objects that contain it; nil when all are empty.
  private func largestList() -> (path: [String], size: Int)? {
    switch self {
    case .array(let elements):
      return elements.isEmpty ? nil : ([], JSONWriter.encode(self).count)
    case .object(let object):
      return object.members.compactMap { member in
        member.value.largestList().map { ([member.key] + $0.path, $0.size) }
      }.max { $0.1 < $1.1 }
    case .null, .bool, .integer, .unsigned, .number, .string: return nil
    }
  }

  private func list(at path: ArraySlice<String>) -> [JSONValue]? {
    guard let key = path.first else { return arrayValue }
    return objectValue?[key]?.list(at: path.dropFirst())
  }

  private func replacingList(at path: ArraySlice<String>, with elements: [JSONValue]) -> JSONValue {
    guard let key = path.first, let object = objectValue else { return .array(elements) }
    return .object(
      JSONObject(
        object.members.map { member in
          member.key.hasSameBytes(as: key)
            ? JSONObject.Member(
              key: key, value: member.value.replacingList(at: path.dropFirst(), with: elements)) : member
        }))
  }

  private func forEachString(_ visit: (String) -> Void) {
    switch self {
    case .string(let text): visit(text)
    case .array(let elements): for element in elements { element.forEachString(visit) }
    case .object(let object): for member in object.members { member.value.forEachString(visit) }
    case .null, .bool, .integer, .unsigned, .number: break
    }
  }

  private func mapStrings(_ transform: (String) -> String) -> JSONValue {
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
  /// The text with its middle replaced with a note, in at most `encodedSize` bytes of JSON. Scalars are not divided.
  func cutInTheMiddle(encodedSize: Int) -> String {
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

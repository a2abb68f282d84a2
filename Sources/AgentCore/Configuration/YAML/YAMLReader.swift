import CYAML
import Encoding

/// Builds the trees of the documents in a YAML stream from the events of libyaml.
///
/// Depth, number of nodes and alias expansion are bounded; the caller bounds the number of bytes. JSON is accepted as well, except
/// for surrogate pairs (``JSONEscapes``).
struct YAMLReader {
  /// The maximum nesting of mappings and sequences.
  static let maximumDepth = 32
  /// The maximum number of nodes, with aliases expanded.
  static let maximumNodes = 50_000

  /// Whether a repeated key of a mapping, compared without case, is an error; otherwise the last one counts.
  private let refusesDuplicateKeys: Bool
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let bytes: UnsafeBufferPointer<UInt8>
  private var anchors: [ExactString: YAMLNode] = [:]
  private var nodes = 0

  /// Returns the root of the first document with content, and those of the documents after it.
  ///
  /// The root is `nil` for a stream without content. A later document that is not valid ends the list as an empty scalar.
  static func read(
    _ bytes: [UInt8], refusesDuplicateKeys: Bool
  ) throws(YAMLError) -> (root: YAMLNode?, further: [YAMLNode]) {
    // libyaml requires an address, which an empty buffer may not have.
    guard !bytes.isEmpty else { return (nil, []) }
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else { throw YAMLError(message: "out of memory") }
    defer { yaml_parser_delete(parser) }
    let result = bytes.withUnsafeBufferPointer { buffer -> Result<(YAMLNode?, [YAMLNode]), YAMLError> in
      yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
      var reader = YAMLReader(
        refusesDuplicateKeys: refusesDuplicateKeys, parser: parser, bytes: buffer)
      do throws(YAMLError) {
        return .success(try reader.readStream())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private mutating func readStream() throws(YAMLError) -> (YAMLNode?, [YAMLNode]) {
    guard let root = try document() else { return (nil, []) }
    var further: [YAMLNode] = []
    do throws(YAMLError) {
      while let node = try document() { further.append(node) }
    } catch {
      // The content of these documents is not used, only their presence.
      further.append(YAMLNode(content: .scalar("", isPlain: false), line: error.line ?? root.line))
    }
    return (root, further)
  }

  /// The root of the next document that is not empty; nil at the end of the stream.
  private mutating func document() throws(YAMLError) -> YAMLNode? {
    while true {
      let event = try next()
      switch event.kind {
      case .streamEnd: return nil
      case .streamStart, .documentStart, .documentEnd: continue
      default:
        anchors = [:]
        let root = try node(event, depth: 0)
        if !root.isNull { return root }
      }
    }
  }

  private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> YAMLNode {
    guard depth <= Self.maximumDepth else {
      throw YAMLError(line: event.line, message: "more than \(Self.maximumDepth) levels deep")
    }
    var result: YAMLNode
    switch event.kind {
    case .scalar(let text, let isPlain):
      result = YAMLNode(content: .scalar(text, isPlain: isPlain), line: event.line)
    case .sequenceStart:
      result = try sequence(event, depth: depth)
    case .mappingStart:
      result = try mapping(event, depth: depth)
    case .alias(let name):
      guard let anchored = anchors[ExactString(name)] else {
        throw YAMLError(line: event.line, message: "an alias (*) names an anchor (&) that is not above it")
      }
      result = anchored
      result.line = event.line
      try count(anchored.weight, line: event.line)
      return result
    default:
      throw YAMLError(line: event.line, message: "a value is missing")
    }
    try count(1, line: event.line)
    if let anchor = event.anchor { anchors[ExactString(anchor)] = result }
    return result
  }

  private mutating func count(_ weight: Int, line: Int) throws(YAMLError) {
    nodes &+= weight
    guard nodes <= Self.maximumNodes else {
      throw YAMLError(line: line, message: "more than \(Self.maximumNodes) values, aliases expanded")
    }
  }

  private mutating func sequence(_ start: YAMLEvent, depth: Int) throws(YAMLError) -> YAMLNode {
    var result = YAMLNode(content: .sequence([]), line: start.line)
    var items: [YAMLNode] = []
    while true {
      let event = try next()
      if event.kind == .sequenceEnd { break }
      let item = try node(event, depth: depth + 1)
      result.weight &+= item.weight
      items.append(item)
    }
    result.content = .sequence(items)
    return result
  }

  private mutating func mapping(_ start: YAMLEvent, depth: Int) throws(YAMLError) -> YAMLNode {
    var result = YAMLNode(content: .mapping([]), line: start.line)
    var entries: [YAMLNode.Entry] = []
    var merged: [YAMLNode.Entry] = []
    var seen: Set<ExactString> = []
    while true {
      let event = try next()
      if event.kind == .mappingEnd { break }
      let keyNode = try node(event, depth: depth + 1)
      guard case .scalar(let key, let isPlain) = keyNode.content else {
        throw YAMLError(line: event.line, message: "a key must be a word, not \(keyNode.kind)")
      }
      let value = try node(try next(), depth: depth + 1)
      result.weight &+= 1 &+ value.weight
      if key == "<<", isPlain {
        merged += try Self.merge(value)
      } else {
        if !seen.insert(ExactString(key.asciiLowercased)).inserted, refusesDuplicateKeys {
          throw YAMLError(
            line: event.line, message: "the key \(KeyText.printable(key)) is there twice; keep one of them")
        }
        entries.append(YAMLNode.Entry(key: key, line: event.line, value: value))
      }
    }
    for entry in merged where seen.insert(ExactString(entry.key.asciiLowercased)).inserted {
      entries.append(entry)
    }
    result.content = .mapping(entries)
    return result
  }

  /// The entries that a merge key (`<<`) adds: those of a mapping, or of several in order.
  private static func merge(_ value: YAMLNode) throws(YAMLError) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    for mapping in value.items ?? [value] {
      guard let more = mapping.entries else {
        throw YAMLError(line: value.line, message: "a merge key (<<) must name a mapping")
      }
      entries += more
    }
    return entries
  }

  private func next() throws(YAMLError) -> YAMLEvent {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw problem() }
    defer { yaml_event_delete(&raw) }
    return YAMLEvent(raw)
  }

  private func problem() -> YAMLError {
    let said = parser.pointee.problem.map { String(cString: $0) } ?? "not readable"
    if parser.pointee.error == YAML_READER_ERROR {
      let before = bytes.prefix(parser.pointee.problem_offset)
      return YAMLError(
        line: 1 + before.count { $0 == UInt8(ascii: "\n") },
        message: "\(said): the file must be UTF-8 text")
    }
    let line = parser.pointee.problem_mark.line
    let start = lineStart(line)
    if bytes[start...].prefix(while: { $0 == 0x20 || $0 == 0x09 }).contains(0x09),
      parser.pointee.error == YAML_SCANNER_ERROR
    {
      return YAMLError(line: line + 1, message: "a tab can't indent YAML; use spaces")
    }
    return YAMLError(line: line + 1, message: "not YAML: \(said)")
  }

  /// The offset of a line, counted from 0.
  private func lineStart(_ line: Int) -> Int {
    var remaining = line
    var offset = 0
    while remaining > 0, offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "\n") { remaining -= 1 }
      offset += 1
    }
    return offset
  }
}

/// Why a YAML document was rejected. Quotes no value.
struct YAMLError: Error, Equatable {
  /// Counted from 1.
  var line: Int?
  var message: String
}

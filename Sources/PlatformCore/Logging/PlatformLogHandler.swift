import Glibc
import JSON
public import Logging

/// Writes a line an event to standard error: an object (`json`), or text for people (`console`).
public struct PlatformLogHandler: LogHandler {
  /// What is less severe is not written.
  public var logLevel: Logger.Level
  /// Goes with every event.
  public var metadata: Logger.Metadata = [:]
  private let format: PlatformConfiguration.LogFormat

  /// A handler.
  public init(level: Logger.Level, format: PlatformConfiguration.LogFormat) {
    logLevel = level
    self.format = format
  }

  /// One of ``metadata``.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes an event.
  public func log(event: LogEvent) {
    var fields = metadata
    if let more = event.metadata { fields.merge(more) { _, new in new } }
    if let error = event.error { fields["error"] = "\(error)" }
    let line =
      switch format {
      case .json: Self.json(Self.time(), event.level, "\(event.message)", fields)
      case .console: Self.console(Self.time(), event.level, "\(event.message)", fields)
      }
    var bytes = Array(line.utf8)
    bytes.append(0x0A)
    // One write(2), so that lines of several threads do not mix; there is nobody to tell that the log cannot be written.
    _ = write(2, bytes, bytes.count)
  }

  static func json(
    _ time: String, _ level: Logger.Level, _ message: String, _ fields: Logger.Metadata
  ) -> String {
    var members = [
      JSONObject.Member(key: "time", value: .string(time)),
      JSONObject.Member(key: "level", value: .string(name(level))),
      JSONObject.Member(key: "message", value: .string(message)),
    ]
    let own = Set(members.map(\.key))
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) where !own.contains(key) {
      members.append(JSONObject.Member(key: key, value: .string("\(value)")))
    }
    return String(decoding: JSONWriter.encode(.object(JSONObject(members))), as: UTF8.self)
  }

  static func console(
    _ time: String, _ level: Logger.Level, _ message: String, _ fields: Logger.Metadata
  ) -> String {
    let level = name(level).uppercased()
    var line = "\(time) \(level)\(String(repeating: " ", count: max(0, 5 - level.count))) \(escaped(message))"
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      let text = escaped("\(value)")
      line +=
        " \(key)=" + (text.isEmpty || text.contains(where: { $0 == " " || $0 == "=" }) ? "\"\(text)\"" : text)
    }
    return line
  }

  /// Without control characters: nothing that is logged can forge a line or a field, or steer a terminal.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(4096) {
      switch scalar {
      case "\n": result += "\\n"
      case "\"": result += "\\\""
      case _ where SafeText.isPrintable(scalar): result.unicodeScalars.append(scalar)
      default: result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }

  private static func name(_ level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: "debug"
    case .info, .notice: "info"
    case .warning: "warn"
    case .error, .critical: "error"
    }
  }

  /// Now, in UTC, to the millisecond.
  private static func time() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    var text = [CChar](repeating: 0, count: 24)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let milliseconds = String(now.tv_nsec / 1_000_000 + 1000).dropFirst()
    let seconds = String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return "\(seconds).\(milliseconds)Z"
  }
}

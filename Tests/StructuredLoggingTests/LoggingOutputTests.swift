import FoundationEssentials
import Glibc
import Logging
import TestFiles
import Testing

@testable import StructuredLogging

@Suite struct LoggingOutputTests {
  private func logger(_ output: LogOutput, _ level: LogLevelSwitch = LogLevelSwitch(.info)) -> Logger {
    Logger(label: "test") { _ in StructuredLogHandler(output: output, level: level) }
  }

  @Test func loggerWritesLinesWithItsMetadata() throws {
    let pipe = try LogPipe()
    var logger = logger(LogOutput(descriptor: pipe.writer))
    logger[metadataKey: "agent_uuid"] = "u"
    logger.warning("hello", metadata: ["n": .stringConvertible(1)])
    logger.debug("not this")
    let lines = pipe.lines()
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix(#"{"level":"warn","ts":"20"#) == true)
    #expect(lines.first?.hasSuffix(#"Z","msg":"hello","agent_uuid":"u","n":1}"#) == true)
  }

  @Test func levelSwitchAppliesToExistingLoggers() throws {
    let pipe = try LogPipe()
    let level = LogLevelSwitch(.warning)
    let first = logger(LogOutput(descriptor: pipe.writer), level)
    var second = first
    second.logLevel = .error
    first.info("no")
    level.level = .debug
    first.debug("yes")
    second.warning("no")
    #expect(level.level == .debug)
    #expect(first.logLevel == .debug)
    #expect(second.logLevel == .error)
    #expect(pipe.lines().count == 1)
  }

  @Test(arguments: [false, true])
  func slowReaderDoesNotBlockAndLossIsReported(isSocket: Bool) throws {
    let pipe = try LogPipe(isSocket: isSocket)
    let logger = logger(LogOutput(descriptor: pipe.writer))
    let text = String(repeating: "x", count: 500)
    let count = 4000
    for number in 0..<count { logger.info("\(text)", metadata: ["n": .stringConvertible(number)]) }
    var received = ""
    // Each write also writes a part of the queue.
    for number in count..<count + 200 {
      received += pipe.read()
      logger.info("after", metadata: ["n": .stringConvertible(number)])
    }
    received += pipe.read()
    struct Line: Decodable {
      var n: Int?
      var dropped_lines: Int?
    }
    let decoded = try received.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    let numbers = decoded.compactMap(\.n)
    #expect(numbers == numbers.sorted())
    #expect(numbers.last == count + 199)
    let dropped = decoded.compactMap(\.dropped_lines)
    #expect(dropped.count == 1)
    #expect(numbers.count + (dropped.first ?? 0) == count + 200)
    #expect((dropped.first ?? 0) > 1000)
  }

  @Test func expendableLinesLeaveRoomForOtherLines() throws {
    let pipe = try LogPipe()
    let output = LogOutput(descriptor: pipe.writer)
    let logger = logger(output)
    let text = String(repeating: "x", count: 200)
    for _ in 0..<5000 { logger.info("\(text)", metadata: [LogRecord.expendableKey: ""]) }
    let lost = output.droppedLines
    #expect(lost > 1000)
    for number in 0..<100 { logger.info("effect", metadata: ["n": .stringConvertible(number)]) }
    #expect(output.droppedLines == lost)
    var received = ""
    for _ in 0..<20 {
      received += pipe.read()
      output.flush(timeout: .zero)
    }
    #expect(received.split(separator: "\n").count { $0.contains("\"msg\":\"effect\"") } == 100)
    #expect(received.contains("\"dropped_lines\":\(lost)"))
    #expect(!received.contains(LogRecord.expendableKey))
  }

  @Test func flagsOfStandardOutputAreUnchanged() throws {
    let pipe = try LogPipe()
    let before = fcntl(pipe.writer, F_GETFL)
    logger(LogOutput(descriptor: pipe.writer)).info("x")
    #expect(fcntl(pipe.writer, F_GETFL) == before)
  }

  @Test func writeErrorsOnlyCountDroppedLines() throws {
    let pipe = try LogPipe()
    let output = LogOutput(descriptor: pipe.writer)
    pipe.closeReader()
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let fullOutput = LogOutput(format: .console, descriptor: full)
    let closed = LogOutput(descriptor: 1_000_000)
    for output in [output, fullOutput, closed] {
      for _ in 0..<100 { logger(output).info("x") }
      output.flush(timeout: .milliseconds(50))
      #expect(output.droppedLines == 100)
    }
  }

  @Test func concurrentWritersDoNotMixLines() async throws {
    let folder = try TemporaryFolder()
    let descriptor = open(folder.path + "/out", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    let output = LogOutput(file: folder.path + "/file", descriptor: descriptor)
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let logger = self.logger(output)
          for number in 0..<500 {
            logger.info("m", metadata: ["w": "\(writer)", "n": .stringConvertible(number)])
          }
        }
      }
    }
    output.flush()
    for name in ["out", "file"] {
      let lines = try #require(folder.read(name)).split(separator: "\n")
      #expect(lines.count == 2000)
      #expect(lines.allSatisfy { $0.hasPrefix("{\"level\"") && $0.hasSuffix("\"}") })
    }
  }
}

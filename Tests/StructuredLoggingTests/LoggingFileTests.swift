import Glibc
import Logging
import TestFiles
import Testing

@testable import StructuredLogging

@Suite struct LoggingFileTests {
  private let pipe: LogPipe
  private let folder: TemporaryFolder

  init() throws {
    pipe = try LogPipe()
    folder = try TemporaryFolder()
  }

  private func output(_ path: String, _ rotation: LogRotation = LogRotation()) -> LogOutput {
    LogOutput(format: .console, file: path, descriptor: pipe.writer, rotation: rotation)
  }

  private func logger(_ output: LogOutput) -> Logger {
    Logger(label: "test") { _ in StructuredLogHandler(output: output, level: LogLevelSwitch(.info)) }
  }

  @Test func fileHasJSONLinesAndItsFolderIsCreated() throws {
    let output = output(folder.path + "/a/b/agent.log")
    logger(output).info("hello")
    output.flush()
    #expect(folder.read("a/b/agent.log")?.hasSuffix("\"msg\":\"hello\"}\n") == true)
    #expect(pipe.read().hasSuffix(" INFO  hello\n"))
    var status = stat()
    #expect(stat(folder.path + "/a/b/agent.log", &status) == 0)
    #expect(status.st_mode & 0o137 == 0)
  }

  @Test func rotationKeepsTheConfiguredNumberOfFiles() throws {
    let output = output(folder.path + "/agent.log", LogRotation(maximumSize: 4096, keptFiles: 3))
    let logger = logger(output)
    for number in 0..<400 {
      logger.info("line", metadata: ["n": .stringConvertible(number)])
      // Some lines are written one by one, others in batches.
      if number % 7 == 0 { output.flush() }
      _ = pipe.read()
    }
    output.flush()
    #expect(folder.read("agent.log.4") == nil)
    var numbers: [Int] = []
    for name in ["agent.log.3", "agent.log.2", "agent.log.1", "agent.log"] {
      let text = try #require(folder.read(name))
      #expect(text.utf8.count <= 4096)
      #expect(text.hasSuffix("}\n"))
      for line in text.split(separator: "\n") {
        #expect(line.hasPrefix("{\"level\""))
        numbers.append(try #require(Int(line.dropLast().split(separator: ":").last ?? "")))
      }
    }
    #expect(numbers == Array((numbers.first ?? 0)..<400))
    #expect(numbers.count > 120)
  }

  @Test func lineLargerThanMaximumSizeIsWritten() throws {
    let output = output(folder.path + "/agent.log", LogRotation(maximumSize: 4096, keptFiles: 1))
    let logger = logger(output)
    logger.info("small")
    logger.info("\(String(repeating: "x", count: 10_000))")
    logger.info("last")
    output.flush()
    #expect(folder.read("agent.log.1")?.utf8.count ?? 0 > 10_000)
    #expect(folder.read("agent.log")?.contains("last") == true)
  }

  @Test(arguments: [true, false])
  func movedFileIsReopened(isAnnounced: Bool) throws {
    let path = folder.path + "/agent.log"
    let output = output(path)
    let logger = logger(output)
    logger.info("first")
    output.flush()
    rename(path, path + ".old")
    if isAnnounced { output.reopenFile() }
    let deadline = ContinuousClock.now + .seconds(60)
    repeat {
      logger.info("second")
      output.flush()
      _ = pipe.read()
    } while folder.read("agent.log") == nil && ContinuousClock.now < deadline
    #expect(folder.read("agent.log")?.contains("second") == true)
    #expect(folder.read("agent.log.old")?.contains("first") == true)
    if isAnnounced { #expect(folder.read("agent.log.old")?.contains("second") == false) }
  }

  @Test func unwritableFileIsReportedAndRetried() throws {
    let obstacle = try folder.write("obstacle", "")
    let output = output(obstacle + "/agent.log")
    let logger = logger(output)
    for _ in 0..<3 { logger.info("lost") }
    output.flush()
    let report = pipe.read()
    #expect(report.split(separator: "\n").filter { $0.contains("log file can't be written") }.count == 1)
    #expect(report.contains("Not a directory"))
    unlink(obstacle)
    output.reopenFile()
    logger.info("kept")
    output.flush()
    #expect(pipe.read().contains("log file is written again"))
    let text = try #require(folder.read("obstacle/agent.log"))
    #expect(text.contains("\"dropped_lines\":3"))
    #expect(text.contains("kept"))
  }

  @Test func fullDeviceIsReportedOnce() throws {
    let output = output("/dev/full")
    let logger = logger(output)
    for _ in 0..<100 {
      logger.info("x")
      output.flush()
    }
    let reports = pipe.read().split(separator: "\n").filter { $0.contains("log file can't be written") }
    #expect(reports.count == 1)
    #expect(reports.first?.contains("No space left on device") == true)
  }

  private static let canMount: Bool = {
    guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=16k") == 0 else { return false }
    umount2(folder.path, Int32(MNT_DETACH))
    return true
  }()

  @Test(.enabled(if: canMount, "needs root")) func writingResumesAfterAFullDisk() throws {
    let disk = folder.path + "/disk"
    mkdir(disk, 0o700)
    try #require(mount("tmpfs", disk, "tmpfs", 0, "size=64k") == 0)
    defer { umount2(disk, Int32(MNT_DETACH)) }
    try folder.write("disk/filler", [UInt8](repeating: 0, count: 57_344))
    let output = output(disk + "/agent.log")
    let logger = logger(output)
    for number in 0..<300 {
      logger.info("line", metadata: ["n": .stringConvertible(number)])
      if number % 10 == 0 { output.flush() }
    }
    output.flush()
    #expect(pipe.read().contains("No space left on device"))
    unlink(disk + "/filler")
    logger.info("after")
    output.flush()
    let lines = try #require(folder.read("disk/agent.log")).split(separator: "\n")
    let whole = lines.filter { $0.hasSuffix("}") }
    // At most one line was truncated by the full disk.
    #expect(lines.count - whole.count <= 1)
    let notice = try #require(lines.first { $0.contains("dropped_lines") })
    let dropped = try #require(Int(notice.dropLast().split(separator: ":").last ?? ""))
    #expect(whole.count - 2 + dropped == 300)
    #expect(lines.last?.contains("after") == true)
  }
}

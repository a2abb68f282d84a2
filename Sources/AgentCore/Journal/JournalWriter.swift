import AgentProtocol
import Clocks
import Glibc
import HostControl
import JSON
import Locks
import Logging
import StructuredLogging
import Threads

/// The thread of a journal, which alone accesses the files. Requests that arrive while the disk is busy are written as one batch,
/// with one fdatasync(2).
final class JournalWriter {
  private struct Append {
    var record: JournalRecord
    var result: [UInt8] = []
    var needsSync = true
    /// Whether the command never ran. Such a record may be omitted when the disk is full.
    var isRefusal = false
    /// Receives the error and the reply target.
    var answer: @Sendable (JournalError?, ReplyTarget?) -> Void = { _, _ in }

    var isStart: Bool { if case .started = record { true } else { false } }

    /// Whether it may only use space that is not reserved for results.
    var needsFreeSpace: Bool { isStart || isRefusal }

    /// The key of the command, for a result.
    var key: JournalKey? { if case .answered(let command, _, _) = record { command.key } else { nil } }
  }

  private let path: String?
  private let limits: JournalLimits
  private let index: Locked<JournalIndex>
  private let losses: LossCounter
  private let logger: Logger
  private var folder: JournalFolder?
  private var descriptors: [UInt32: Int32] = [:]
  private var activeSegment: ActiveSegment?
  /// Whether the active file is in an unknown state after a failed write, so that the next frames go to another file.
  private var isBroken = false
  /// Results that could not be written yet, shortened to a small size.
  private var unwritten: [Append] = []
  /// The latest time of this machine's clock according to the files.
  private var newestAtLoad = Int64.min
  private var failures = LogRateLimiter()
  private var hasFailed = false

  /// The lock attempts of the next open. Only the first one may wait, as later ones delay commands.
  private var lockAttempts = 25

  private static let cutResultSize = 4 << 10

  init(
    path: String?, limits: JournalLimits, index: Locked<JournalIndex>, losses: LossCounter, logger: Logger
  ) {
    self.path = path
    self.limits = limits
    self.index = index
    self.losses = losses
    self.logger = logger
  }

  deinit {
    for descriptor in descriptors.values { close(descriptor) }
  }

  /// Processes requests until a close request.
  func run(_ requests: Mailbox<JournalRequest>) {
    var closed: [OneShot<Void>] = []
    while closed.isEmpty {
      var batch: [Append] = []
      for request in requests.waitForMessages(timeout: unwritten.isEmpty ? nil : limits.retryMilliseconds) {
        switch request {
        case .open(let done): done.complete(open())
        case .start(let command, let bootID, let done):
          batch.append(Append(record: .started(command, bootID: bootID)) { error, _ in done.complete(error) })
        case .process(let key, let identity):
          batch.append(Append(record: .process(key, identity), needsSync: false))
        case .finish(let command, let messageID, let result, let done):
          let record = JournalRecord.answered(command, messageID: messageID, isDelivered: false)
          batch.append(Append(record: record, result: result) { _, target in done.complete(target) })
        case .refuse(let command, let messageID, let result, let done):
          let record = JournalRecord.answered(command, messageID: messageID, isDelivered: false)
          batch.append(
            Append(record: record, result: result, isRefusal: true) { error, target in
              done.complete(error.map { .failure($0) } ?? .success(target))
            })
        case .deliver(let key):
          batch.append(Append(record: .delivered(key), needsSync: false))
        case .read(let key, let done):
          if !batch.isEmpty { write(&batch) }
          done.complete(read(key))
        case .close(let done): closed.append(done)
        }
      }
      write(&batch)
    }
    activeSegment?.trim()
    folder = nil
    for done in closed { done.complete(()) }
  }

  // MARK: Opening

  private func open() -> JournalError? {
    guard folder == nil else { return nil }
    do throws(JournalError) {
      folder = try load(try openFolder())
      return nil
    } catch {
      for descriptor in descriptors.values { close(descriptor) }
      descriptors = [:]
      activeSegment = nil
      return error
    }
  }

  private func openFolder() throws(JournalError) -> JournalFolder {
    guard let path else { return JournalFolder() }
    defer { lockAttempts = 0 }
    return try JournalFolder(path: path, lockAttempts: lockAttempts)
  }

  private func load(_ folder: JournalFolder) throws(JournalError) -> JournalFolder {
    var loaded = JournalIndex()
    var isDamaged = false
    let numbers = try folder.segments()
    var newest = UnixTime.now
    for number in numbers {
      let descriptor = try folder.open(number)
      descriptors[number] = descriptor
      newest = max(newest, try status(of: descriptor, folder).written)
    }
    newestAtLoad = newest
    for number in numbers {
      guard let descriptor = descriptors[number] else { continue }
      let isLast = number == numbers.last
      let written = try load(number, descriptor, isLast: isLast, newest: newest, folder, &loaded)
      guard let written else { continue }
      // Missing commands may have run: all that may have been made before the last write to the file.
      loaded.recordDamage(in: number, upTo: max(loaded.newestMade, Self.latestMade(until: written, loaded)))
      isDamaged = true
    }
    if isDamaged {
      logger.warning(
        "journal damaged, older commands that it does not know will be rejected",
        metadata: ["path": "\(folder.path)"])
    }
    index.withLock { $0 = loaded }
    return folder
  }

  /// The latest possible submission time of a command that was written up to a time, if the lead of the platform's clock is as the
  /// records show.
  private static func latestMade(until written: Int64, _ loaded: JournalIndex) -> Int64 {
    // The file may have been dated by a wrong clock.
    let written = min(written, max(UnixTime.now, loaded.newestReceived))
    let (lead, isUnknown) = loaded.newestMade.subtractingReportingOverflow(loaded.newestReceived)
    guard !isUnknown, (0...JournaledCommand.maximumLead).contains(lead) else { return written }
    return written + lead
  }

  private func status(
    of descriptor: Int32, _ folder: JournalFolder
  ) throws(JournalError) -> (size: Int, written: Int64) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw JournalError("fstat", folder.path, errno: errno) }
    return (Int(status.st_size), Int64(status.st_mtim.tv_sec))
  }

  /// Loads one segment.
  ///
  /// - Returns: The time of the last write, if records are missing.
  private func load(
    _ number: UInt32, _ descriptor: Int32, isLast: Bool, newest: Int64, _ folder: JournalFolder,
    _ loaded: inout JournalIndex
  ) throws(JournalError) -> Int64? {
    let (size, written) = try status(of: descriptor, folder)
    let bounds = TimestampClamp(written: written, newest: newest)
    let head = JournalFile.read(descriptor, JournalSegment.headerSize, at: 0)
    let header = JournalSegment.header(head[...])
    if isLast, header == .damaged, !JournalSegment.hasFrames(descriptor, size: size) {
      // The agent or the machine stopped while it created this segment. Without removal it would count as damaged at each start.
      descriptors[number] = nil
      close(descriptor)
      folder.remove(number)
      return size > JournalSegment.headerSize && head.contains { $0 != 0 } ? written : nil
    }
    loaded.append(segment: number, bytes: size)
    switch header {
    case .watermark(let time): loaded.raiseWatermark(to: bounds.clamp(time))
    case .damaged: break
    case .foreign(let version):
      logger.warning(
        "the journal is of another version of the agent and not read",
        metadata: ["path": "\(folder.path)", "version": .stringConvertible(version)])
      loaded.raiseWatermark(to: UnixTime.now)
      return nil
    }
    let scan = JournalSegment.scan(descriptor, size: size, checksResults: isLast) { record, offset, length in
      loaded.apply(record.clamped(to: bounds), offset: offset, length: length)
    }
    let hasHeader = header != .damaged
    guard isLast else { return !hasHeader || scan.hasGap || scan.end != size ? written : nil }
    // The last frame of the last segment may be a torn write of a record that was never acknowledged.
    let isWhole = !scan.hasGap && JournalSegment.isTorn(descriptor, from: scan.end, size: size)
    // After damage a new segment is created, so that the time of this file keeps bounding the missing commands.
    if hasHeader, isWhole {
      if scan.end < size { ftruncate(descriptor, off_t(scan.end)) }
      activeSegment = ActiveSegment(number: number, descriptor: descriptor, size: scan.end)
    }
    return !isWhole || (!hasHeader && scan.end > JournalSegment.headerSize) ? written : nil
  }

  // MARK: Writing

  private func write(_ new: inout [Append]) {
    guard !new.isEmpty || !unwritten.isEmpty else { return }
    var batch = unwritten + new
    unwritten = []
    new = []
    guard let folder else { return fail(batch, JournalError("the journal is closed")) }
    do throws(JournalError) {
      try prepare(folder)
    } catch {
      return fail(batch, error)
    }
    refuseWithoutSpace(&batch, folder)
    commit(batch, folder)
  }

  /// Rotates to a new segment if necessary.
  private func prepare(_ folder: JournalFolder) throws(JournalError) {
    let isFull = activeSegment.map { activeSegment in
      activeSegment.size >= limits.segmentBytes
        || index.withLock { $0.segments.last?.entries ?? 0 } >= limits.segmentEntries
    }
    guard isBroken || isFull != false else { return }
    do throws(JournalError) {
      try rotate(folder)
    } catch {
      // A full segment can still be written to.
      if isBroken || activeSegment == nil { throw error }
    }
  }

  /// Rejects starts without free space for their results, and rejections without free space beside the reserve.
  private func refuseWithoutSpace(_ batch: inout [Append], _ folder: JournalFolder) {
    let starts = batch.count(where: \.isStart)
    guard folder.isDurable, batch.contains(where: \.needsFreeSpace) else { return }
    let frames = batch.reduce(0) { $0 + Self.size($1) }
    let end = (activeSegment?.size ?? 0) + frames + (running + starts) * resultReserve
    let code = activeSegment?.reserve(to: end) ?? EBADF
    guard code != 0 else { return }
    let refused = batch.filter(\.needsFreeSpace)
    batch.removeAll(where: \.needsFreeSpace)
    fail(refused, JournalError("reserve room", folder.path, errno: code))
  }

  private var running: Int { index.withLock { $0.runningCount } }
  private var resultReserve: Int { limits.resultBytes + JournalFrame.prefixSize + JournalFrame.maximumRecord }
  private static func size(_ append: Append) -> Int {
    JournalFrame.prefixSize + JournalFrame.maximumRecord + append.result.count
  }

  private func commit(_ batch: [Append], _ folder: JournalFolder) {
    guard !batch.isEmpty, let start = activeSegment?.size else { return }
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for append in batch {
      bytes += JournalFrame.encode(append.record, result: append.result)
      ends.append(bytes.count)
    }
    let needsSync = folder.isDurable && batch.contains(where: \.needsSync)
    let code = activeSegment?.write(bytes, synchronise: needsSync, isBroken: &isBroken) ?? EBADF
    guard code == 0 else { return fail(batch, JournalError("write", folder.path, errno: code)) }
    let targets = index.withLock { index in
      var offset = 0
      return zip(batch, ends).map { append, end in
        defer { offset = end }
        let target = append.key.flatMap { index.live[$0]?.target }
        index.apply(append.record, offset: start + offset, length: end - offset, isInFlight: true)
        return target
      }
    }
    for (append, target) in zip(batch, targets) { append.answer(nil, target) }
    if hasFailed, batch.contains(where: \.needsSync) {
      hasFailed = false
      failures.reset()
      logger.info("journal can be written again", metadata: ["path": "\(folder.path)"])
    }
  }

  /// Handles a batch that could not be written. Results are retried with the next batch, at intervals, and before the end.
  private func fail(_ batch: [Append], _ error: JournalError) {
    hasFailed = true
    if failures.shouldLog(error.description) {
      logger.error("journal cannot be written", metadata: ["reason": "\(error)"])
    }
    for append in batch {
      if case .delivered(let key) = append.record { markDelivered(key) }
      guard let key = append.key, !append.isRefusal else {
        append.answer(error, nil)
        continue
      }
      unwritten.append(Append(record: append.record, result: Self.cut(append.result)))
      append.answer(error, index.withLock { $0.answer(key) })
    }
  }

  private func markDelivered(_ key: JournalKey) {
    for (position, append) in unwritten.enumerated() {
      guard case .answered(let command, let messageID, _) = append.record, command.key == key else {
        continue
      }
      unwritten[position].record = .answered(command, messageID: messageID, isDelivered: true)
    }
  }

  private static func cut(_ result: [UInt8]) -> [UInt8] {
    guard result.count > cutResultSize, let payload = ResultPayload(parsing: result) else { return result }
    return JSONWriter.encode(payload.fitting(cutResultSize).json)
  }

  // MARK: Segments

  /// Creates a segment, carries over the records that are still needed, and removes the oldest segments.
  private func rotate(_ folder: JournalFolder) throws(JournalError) {
    let limits = limits
    let rotation = index.withLock { $0.rotation(limits) }
    let number = rotation.number
    var bytes = JournalSegment.header(watermark: rotation.watermark)
    var frames: [(record: JournalRecord, offset: Int, length: Int)] = []
    for append in carriedOver(rotation) {
      let frame = JournalFrame.encode(append.record, result: append.result)
      frames.append((append.record, bytes.count, frame.count))
      bytes += frame
    }
    let descriptor = try folder.create(number)
    var new = ActiveSegment(number: number, descriptor: descriptor, size: 0)
    var isUnsure = false
    var code = folder.isDurable ? new.reserve(to: bytes.count + running * resultReserve) : 0
    if code == 0 { code = new.write(bytes, synchronise: folder.isDurable, isBroken: &isUnsure) }
    if code == 0 { code = folder.synchronise() }
    guard code == 0 else {
      close(descriptor)
      folder.remove(number)
      throw JournalError("begin a segment", folder.path, errno: code)
    }
    activeSegment?.trim()
    activeSegment = new
    descriptors[number] = descriptor
    isBroken = false
    let lost = self.index.withLock { index in
      index.append(segment: number, bytes: bytes.count)
      for frame in frames { index.apply(frame.record, offset: frame.offset, length: frame.length) }
      return rotation.surplus.reduce(0) { $0 + index.drop($1.number) }
    }
    for segment in rotation.surplus {
      folder.remove(segment.number)
      if let old = descriptors.removeValue(forKey: segment.number) { close(old) }
    }
    guard lost > 0 else { return }
    losses.add(lost)
    logger.error("results lost, too many were not delivered", metadata: ["count": .stringConvertible(lost)])
  }

  private func carriedOver(_ rotation: JournalIndex.Rotation) -> [Append] {
    var appends: [Append] = []
    let newest = max(UnixTime.now, newestAtLoad)
    let bounds = TimestampClamp(written: newest, newest: newest)
    for live in rotation.live {
      guard let start = live.start else { continue }
      appends.append(Append(record: .started(live.command, bootID: start.bootID)))
      appends += live.processes.map { Append(record: .process(live.command.key, $0)) }
    }
    for place in rotation.undelivered {
      guard let frame = frame(at: place) else { continue }
      appends.append(Append(record: frame.record.clamped(to: bounds), result: frame.result))
    }
    return appends
  }

  // MARK: Reading

  private func read(_ key: JournalKey) -> StoredResult? {
    let held = unwritten.first { $0.key == key }
    guard
      let held = held.map({ ($0.record, $0.result) }) ?? index.withLock({ $0.place(of: key) }).flatMap(frame),
      case .answered(_, let messageID, _) = held.0
    else { return nil }
    return StoredResult(messageID: messageID, bytes: held.1)
  }

  private func frame(at place: JournalIndex.Place) -> (record: JournalRecord, result: [UInt8])? {
    guard let descriptor = descriptors[place.segment] else { return nil }
    let bytes = JournalFile.read(descriptor, Int(place.length), at: Int(place.offset))
    guard let frame = JournalFrame(bytes.prefix(JournalFrame.prefixSize)), frame.size == bytes.count else {
      return nil
    }
    let body = bytes.dropFirst(JournalFrame.prefixSize)
    let result = body.dropFirst(frame.recordSize)
    guard let record = frame.record(body.prefix(frame.recordSize)), frame.matches(result: result) else {
      return nil
    }
    return (record, Array(result))
  }
}

extension SystemBus {
  /// Calls a method and decodes its reply.
  ///
  /// - Parameter read: Decodes the reply, on the thread of the bus.
  func call<Answer: Sendable>(
    _ call: BusCall, _ read: @escaping @Sendable (BusReader) throws(BusReadFailure) -> Answer
  ) async throws(SystemdError) -> Answer {
    try await calls([call]) { _, reader throws(BusReadFailure) in try read(reader) }[0].get()
  }

  /// Calls a method with an empty reply.
  func call(_ call: BusCall) async throws(SystemdError) {
    try await self.call(call) { _ in }
  }

  /// Calls methods concurrently and returns their decoded replies in the order of the calls.
  ///
  /// - Parameter read: Decodes the reply to the call of that index, on the thread of the bus.
  /// - Throws: `SystemdError` when the task was cancelled.
  func calls<Answer: Sendable>(
    _ calls: [BusCall], _ read: @escaping @Sendable (Int, BusReader) throws(BusReadFailure) -> Answer
  ) async throws(SystemdError) -> [Result<Answer, SystemdError>] {
    guard let first = calls.first else { return [] }
    if Task.isCancelled { throw .cancelled(first.purpose) }
    let batch = CallBatch(calls, read)
    let ids = calls.map { _ in nextID() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        batch.finish = { continuation.resume(returning: $0) }
        for (index, call) in calls.enumerated() {
          send(call, id: ids[index], isBulk: calls.count > CallQueue<BusCall>.largestPromptBatch) {
            batch.completed(index, $0)
          }
        }
      }
    } onCancel: {
      post { bus in
        for id in ids { bus.cancel(id) }
      }
    }
  }
}

/// Calls that complete together. Confined to the thread of the bus.
private final class CallBatch<Answer: Sendable> {
  private let calls: [BusCall]
  private let read: (Int, BusReader) throws(BusReadFailure) -> Answer
  private var answers: [Result<Answer, SystemdError>?]
  private var missing: Int
  var finish: ([Result<Answer, SystemdError>]) -> Void = { _ in }

  init(_ calls: [BusCall], _ read: @escaping (Int, BusReader) throws(BusReadFailure) -> Answer) {
    self.calls = calls
    self.read = read
    answers = Array(repeating: nil, count: calls.count)
    missing = calls.count
  }

  func completed(_ index: Int, _ answer: Result<BusReader, SystemdError>) {
    answers[index] = answer.flatMap { reader in
      do throws(BusReadFailure) {
        return .success(try read(index, reader))
      } catch {
        return .failure(.unusable(calls[index].purpose, "the reply cannot be decoded: \(error.reason)"))
      }
    }
    missing -= 1
    if missing == 0 { finish(answers.compactMap(\.self)) }
  }
}

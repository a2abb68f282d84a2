import AgentProtocol
import Encoding

/// Rejected commands.
extension CommandDispatcher {
  /// Rejects a command. It can be sent again.
  func refuse(
    _ commandID: String, _ refusal: Refusal, to target: ReplyTarget, isLogged: Bool,
    in group: inout DiscardingTaskGroup
  ) async {
    await inFlight.reserve(Self.taskSize)
    group.addTask {
      let result = Self.rejected(commandID.prefix(bytes: Self.loggedIDLength), refusal)
      await self.answer(result, operation: refusal.operation, to: target, isLogged: isLogged)
      self.inFlight.release(Self.taskSize)
      self.burst.record(bytes: Self.taskSize)
    }
  }

  /// Rejects an expired command and journals the rejection. A copy with a later `expires_at` that arrives afterwards must not run.
  func refusePermanently(
    _ request: CommandRequest, _ key: JournalKey, _ refusal: Refusal, to target: ReplyTarget,
    at time: ClockReading, isLogged: Bool, in group: inout DiscardingTaskGroup
  ) async {
    await inFlight.reserve(Self.taskSize)
    let command = register(request, key, to: target, at: time)
    group.addTask {
      let result = Self.rejected(command.id, refusal)
      let messageID = MessageID.random()
      do throws(JournalError) {
        let newest = try await self.journal.refuse(command, result, messageID: messageID)
        self.logResult(result, operation: refusal.operation, isLogged: isLogged)
        await self.deliver(result, messageID: messageID, of: key, to: newest ?? target)
      } catch {
        await self.answer(
          result, operation: refusal.operation, to: self.journal.withdraw(key) ?? target, isLogged: isLogged)
      }
      self.inFlight.release(Self.taskSize)
      self.burst.record(bytes: Self.taskSize)
    }
  }

  /// Rejects a command that was about to start. It can be sent again.
  func reject(_ start: CommandScheduler.Start, because reason: String) async {
    let incoming = start.command
    scheduler.finish(start.ticket)
    let target = incoming.key.flatMap { journal.withdraw($0) } ?? incoming.replyTarget
    await answer(
      Self.rejected(incoming.admitted.id, Refusal(.busy, reason)), operation: incoming.admitted.operation,
      to: target)
  }

  private static func rejected(_ commandID: String, _ refusal: Refusal) -> ResultPayload {
    ResultPayload(commandID: commandID, status: .rejected, code: refusal.code, message: refusal.message)
  }
}

import CLinux

/// How one thread asks: the kernel itself, or by a process where the wait may have no end.
final class MountAsker {
  private var process: ProbeProcess?

  /// Asks. Blocks for as long as the mount does.
  func ask(_ target: ProbeTarget) -> ProbeResult {
    target.mayHoldTheProcess ? askByProcess(target) : askDirectly(target)
  }

  private func askDirectly(_ target: ProbeTarget) -> ProbeResult {
    var answer = linux_mount_answer()
    linux_ask_mount(target.path, target.device != nil, &answer)
    return ProbeResult(answer, of: target)
  }

  private func askByProcess(_ target: ProbeTarget) -> ProbeResult {
    if process == nil { process = ProbeProcess() }
    guard let result = process?.ask(target) else {
      // It was killed, or there was none to be had: the next question starts another.
      process = nil
      return .notAsked
    }
    return result
  }
}

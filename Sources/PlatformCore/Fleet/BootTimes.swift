import JSON

/// When the machine behind an identity was booted, by its heartbeats: a pure value that notices two machines with one identity.
///
/// The time of a boot is the arrival of a heartbeat less the uptime that it tells. A reboot brings a later one, which stays. Two
/// machines bring two that alternate: the first, the second, the first again.
public struct BootTimes: Sendable, Hashable {
  /// Two figures that differ by less are of one boot, in seconds: messages are late and clocks are set.
  public static let tolerance: Double = 120
  /// So many boots are remembered.
  static let capacity = 4

  /// A boot.
  struct Boot: Sendable, Hashable {
    /// When, in unix seconds.
    var at: Double
    /// When it was last told of, in unix seconds.
    var seenAt: Double
  }

  /// What a heartbeat says about the machine.
  public enum Sign: Sendable, Hashable {
    /// The machine that was there before.
    case same
    /// Another boot than before: the first heartbeat, or a reboot.
    case booted
    /// A boot that had been followed by another one: two machines.
    case alternated(first: Double, second: Double)
  }

  /// The boots, the one that was last told of at the end.
  private(set) var boots: [Boot] = []

  /// None yet.
  public init() {}

  /// Takes a heartbeat in.
  ///
  /// - Parameters:
  ///   - uptime: seconds that the machine has been up, not negative.
  ///   - time: when the heartbeat arrived, in unix seconds.
  public mutating func note(uptime: Double, at time: Double) -> Sign {
    let at = time - uptime
    guard let last = boots.last else {
      boots.append(Boot(at: at, seenAt: time))
      return .booted
    }
    guard let index = boots.lastIndex(where: { abs($0.at - at) < Self.tolerance }) else {
      boots.append(Boot(at: at, seenAt: time))
      if boots.count > Self.capacity { boots.removeFirst() }
      return .booted
    }
    let known = boots.remove(at: index)
    // The figure follows a clock that drifts.
    boots.append(Boot(at: at, seenAt: time))
    return index == boots.count - 1 ? .same : .alternated(first: known.at, second: last.at)
  }
}

extension BootTimes {
  /// As it is kept.
  var json: JSONValue {
    .array(boots.map { ["at": .number($0.at), "seen_at": .number($0.seenAt)] })
  }

  /// From what was kept.
  init(json: JSONValue?) {
    for value in (json?.arrayValue ?? []).suffix(Self.capacity) {
      guard let boot = value.objectValue, let at = boot["at"]?.doubleValue,
        let seenAt = boot["seen_at"]?.doubleValue
      else { continue }
      boots.append(Boot(at: at, seenAt: seenAt))
    }
  }
}

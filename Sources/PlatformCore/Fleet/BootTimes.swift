import JSON

/// The boot times of a host, computed from its heartbeats. Detects two hosts that share an identity. No I/O.
///
/// A boot time is the arrival time of a heartbeat minus its uptime. A reboot adds a later boot time, which stays the current one.
/// Two hosts alternate between two boot times.
public struct BootTimes: Sendable, Hashable {
  /// Boot times that differ by less than this many seconds count as the same, because messages are delayed and clocks are
  /// adjusted.
  public static let tolerance: Double = 120
  /// The number of remembered boots.
  static let capacity = 4

  struct Boot: Sendable, Hashable {
    /// The boot time, in unix seconds.
    var at: Double
    /// The arrival time of its last heartbeat, in unix seconds.
    var seenAt: Double
  }

  /// The conclusion from a heartbeat.
  public enum Observation: Sendable, Hashable {
    /// The same boot as before.
    case same
    /// A new boot: the first heartbeat, or a reboot.
    case booted
    /// An earlier boot again: two hosts.
    case alternated(first: Double, second: Double)
  }

  /// The boots, the most recently observed one last.
  private(set) var boots: [Boot] = []

  /// Creates an empty history.
  public init() {}

  /// Records a heartbeat.
  ///
  /// - Parameters:
  ///   - uptime: The uptime of the host in seconds, not negative.
  ///   - time: The arrival time of the heartbeat, in unix seconds.
  public mutating func record(uptime: Double, at time: Double) -> Observation {
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
    // The newer value follows a drifting clock.
    boots.append(Boot(at: at, seenAt: time))
    return index == boots.count - 1 ? .same : .alternated(first: known.at, second: last.at)
  }
}

extension BootTimes {
  /// The stored form.
  var json: JSONValue {
    .array(boots.map { ["at": .number($0.at), "seen_at": .number($0.seenAt)] })
  }

  /// Decodes the stored form; ignores invalid entries.
  init(json: JSONValue?) {
    for value in (json?.arrayValue ?? []).suffix(Self.capacity) {
      guard let boot = value.objectValue, let at = boot["at"]?.doubleValue,
        let seenAt = boot["seen_at"]?.doubleValue
      else { continue }
      boots.append(Boot(at: at, seenAt: seenAt))
    }
  }
}

import Encoding

/// The byte budgets of the actors in the audit record: a token bucket for each. No clock of its own.
///
/// An operator may use an eighth of the record, which is refilled within a day. All alarms of the platform together
/// may use a 64th, of which a 32nd is refilled a day: strangers who can only cause alarms never fill the record
/// within its 400 days.
struct AuditBudget: Sendable {
  private struct Bucket {
    var left: Double
    var at: Double
  }

  private static let day = 86_400.0
  /// Bounds the memory; there are few operators.
  private static let maximumActors = 4_096

  private let operatorShare: Double
  private let alarmShare: Double
  private var operators: [ExactString: Bucket] = [:]
  private var alarms: Bucket?

  /// Creates full budgets.
  ///
  /// - Parameter recordBytes: The limit of the record in bytes.
  init(recordBytes: Int64) {
    operatorShare = Double(max(recordBytes, 0)) / 8
    alarmShare = Double(max(recordBytes, 0)) / 64
  }

  /// Takes the bytes of an entry from an operator's budget.
  ///
  /// - Parameters:
  ///   - keepsReserve: Whether an eighth of the share stays reserved for revocations.
  ///   - now: Monotonic time in seconds.
  /// - Returns: False, without taking any, when too few bytes are left.
  mutating func take(_ bytes: Int, by name: String, keepsReserve: Bool = false, now: Double) -> Bool {
    let name = ExactString(name)
    if operators.count >= Self.maximumActors, operators[name] == nil {
      operators = operators.filter { refilled($0.value, operatorShare, operatorShare, now) < operatorShare }
      guard operators.count < Self.maximumActors else { return false }
    }
    var bucket = operators[name]
    defer { operators[name] = bucket }
    let reserve = keepsReserve ? operatorShare / 8 : 0
    return take(bytes, from: &bucket, of: operatorShare, aDay: operatorShare, leaving: reserve, now)
  }

  /// Returns the bytes of an entry that was not written to its operator's budget.
  mutating func giveBack(_ bytes: Int, to name: String) {
    let name = ExactString(name)
    guard let left = operators[name]?.left else { return }
    operators[name]?.left = min(operatorShare, left + Double(bytes))
  }

  /// Takes the bytes of an alarm from the budget of all alarms.
  mutating func takeAlarm(_ bytes: Int, now: Double) -> Bool {
    take(bytes, from: &alarms, of: alarmShare, aDay: alarmShare / 32, now)
  }

  private func take(
    _ bytes: Int, from bucket: inout Bucket?, of full: Double, aDay: Double, leaving reserve: Double = 0,
    _ now: Double
  ) -> Bool {
    let left = bucket.map { refilled($0, full, aDay, now) } ?? full
    let isEnough = left - reserve >= Double(bytes)
    bucket = Bucket(left: isEnough ? left - Double(bytes) : left, at: now)
    return isEnough
  }

  private func refilled(_ bucket: Bucket, _ full: Double, _ aDay: Double, _ now: Double) -> Double {
    min(full, bucket.left + max(0, now - bucket.at) * aDay / Self.day)
  }
}

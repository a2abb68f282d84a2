import AgentProtocol
import JSON

/// `telemetry.set_interval`: how often telemetry is sent, until the agent starts again.
struct TelemetrySetInterval: Operation {
  /// The smallest interval that can be set over the wire, in seconds; the configuration file may go lower.
  static let minimum: Int64 = 5
  /// The largest, a day.
  static let maximum: Int64 = 86_400

  /// See ``Operation``.
  let entry = CatalogueEntry(
    "telemetry.set_interval", "Change the telemetry interval until the agent starts again",
    parameters: [.init("interval_s", .integer, "Seconds between two snapshots", minimumValue: minimum)])
  /// See ``Operation``.
  let pace = Pace.immediate
  let isControl = true
  private let apply: @Sendable (Duration) -> Void

  /// The operation; `apply` makes an interval effective.
  init(apply: @escaping @Sendable (Duration) -> Void) {
    self.apply = apply
  }

  /// See ``Operation``.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Int64 {
    guard let value = params["interval_s"]?.integerValue else {
      throw Refusal(.invalidParams, "\"interval_s\" must be a whole number of seconds")
    }
    guard value <= Self.maximum else {
      throw Refusal(.invalidParams, "\"interval_s\" is more than a day (\(Self.maximum))")
    }
    return value
  }

  /// See ``Operation``.
  func run(_ requested: Int64, in context: CommandContext) async -> OperationOutcome {
    guard requested > 0 else { return .failed(.failed, "\"interval_s\" must be more than zero") }
    let applied = max(requested, Self.minimum)
    apply(.seconds(applied))
    return .completed(["requested_interval_s": .integer(requested), "applied_interval_s": .integer(applied)])
  }
}

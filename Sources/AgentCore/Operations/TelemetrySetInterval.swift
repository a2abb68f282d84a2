import AgentProtocol
import JSON

/// `telemetry.set_interval`: changes the telemetry interval until the next start of the agent.
struct TelemetrySetInterval: Operation {
  /// The minimum interval in seconds. The configuration file allows less.
  static let minimum: Int64 = 5
  /// The maximum interval in seconds, a day.
  static let maximum: Int64 = 86_400

  let entry = CatalogueEntry(
    "telemetry.set_interval", "Change the telemetry interval until the agent starts again",
    parameters: [.init("interval_s", .integer, "Seconds between two snapshots", minimumValue: minimum)])
  let executionMode = ExecutionMode.immediate
  let isControl = true
  private let apply: @Sendable (Duration) -> Void

  /// - Parameter apply: Sets the interval.
  init(apply: @escaping @Sendable (Duration) -> Void) {
    self.apply = apply
  }

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Int64 {
    guard let value = params["interval_s"]?.integerValue else {
      throw Refusal(.invalidParams, "\"interval_s\" must be a whole number of seconds")
    }
    guard value <= Self.maximum else {
      throw Refusal(.invalidParams, "\"interval_s\" is more than a day (\(Self.maximum))")
    }
    return value
  }

  func run(_ requested: Int64, in context: CommandContext) async -> OperationOutcome {
    guard requested > 0 else { return .failed(.failed, "\"interval_s\" must be more than zero") }
    let applied = max(requested, Self.minimum)
    apply(.seconds(applied))
    return .completed(["requested_interval_s": .integer(requested), "applied_interval_s": .integer(applied)])
  }
}

import AgentProtocol

/// Something about the machine that is told when it begins and when it is over: a pure value that remembers what was told.
protocol AlertCondition: Sendable {
  /// The alerts that follow from what is seen now. They count as told.
  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload]
}

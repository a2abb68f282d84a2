import AgentProtocol

extension AlertPayload {
  /// The server denies the subscription to commands, or has revoked its permission.
  static func commandsRefused(_ subject: String) -> AlertPayload {
    AlertPayload(
      .critical, code: "COMMANDS_REFUSED",
      message:
        "the server refuses the subscription to \(subject): no command arrives; give the permission back",
      objectType: .system, objectID: "agent")
  }

  /// Closes the alert ``commandsRefused(_:)``.
  static func commandsReceived(_ subject: String) -> AlertPayload {
    AlertPayload(
      .info, code: "COMMANDS_RECEIVED", message: "the server accepts the subscription to \(subject) again",
      objectType: .system, objectID: "agent")
  }
}

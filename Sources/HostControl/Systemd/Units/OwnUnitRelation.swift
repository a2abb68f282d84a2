/// The effect of a unit on the service that this process belongs to.
public enum OwnUnitRelation: Sendable, Equatable {
  /// No effect, or this process belongs to no service.
  case none
  /// The unit is that service.
  case same
  /// Stopping or restarting the unit also stops or restarts that service, which depends on it directly or indirectly
  /// (systemd.unit(5): Requires=, Requisite=, BindsTo=, PartOf=, StopPropagatedFrom=).
  case required
  /// Starting the unit stops that service (Conflicts=).
  case conflicting
}

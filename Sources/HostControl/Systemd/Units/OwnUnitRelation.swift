/// What a unit means for the service that this process belongs to.
public enum OwnUnitRelation: Sendable, Equatable {
  /// Nothing, or this process belongs to no service.
  case none
  /// It is that service.
  case same
  /// That service is stopped and restarted together with it, as it requires it (systemd.unit(5): Requires=, Requisite=, BindsTo=,
  /// PartOf=, StopPropagatedFrom=), perhaps by way of others.
  case required
  /// That service is stopped when it starts (Conflicts=).
  case conflicting
}

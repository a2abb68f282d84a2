/// The registry, as the fleet asks it.
struct RegistryRoll: EnrolledAgents {
  var registry: Registry

  func agents() -> [AgentRecord] { registry.agents() }

  func agent(_ uuid: String) -> AgentRecord? { registry.agent(uuid) }
}

import JSON
public import PlatformAPI

extension Registry {
  /// The handlers of the methods about enrolled agents, enrollment tokens and operators.
  ///
  /// - Parameters:
  ///   - resolver: Resolves references by more than the uuid; nil for this registry.
  ///   - view: The view of an agent with its state; nil for a view without state.
  public func handlers(
    resolver: (any AgentResolving)? = nil, view: (@Sendable (AgentRecord) -> AgentView)? = nil
  ) -> [APIMethod: APIHandler] {
    let resolver = resolver ?? self
    let view = view ?? Self.bareView
    return agentHandlers(resolver, view).merging(enrollmentHandlers) { $1 }.merging(operatorHandlers) { $1 }
  }

  private func agentHandlers(
    _ resolver: any AgentResolving, _ view: @escaping @Sendable (AgentRecord) -> AgentView
  ) -> [APIMethod: APIHandler] {
    /// Accepts any whole uuid: the bucket may have an agent that another instance has just enrolled.
    @Sendable func find(_ reference: String) throws(APIError) -> (uuid: String, hostname: String?) {
      let whole = AgentRecord.canonicalUUID(reference)
      let uuid: String
      if let whole { uuid = whole } else { uuid = try resolver.resolve(reference) }
      return (uuid, self.agent(uuid).flatMap { view($0).hostname })
    }
    return [
      .agentsEnroll: { call throws(APIError) in
        let params = try call.decode(Requests.Enroll.self)
        return try call.result(
          await self.enroll(
            uuid: params.uuid, token: params.token, labels: params.labels, by: call.operatorName))
      },
      .agentsRotate: { call throws(APIError) in
        let params = try call.decode(Requests.Rotate.self)
        let agent = try find(params.agent)
        return try call.result(
          await self.rotate(
            agent.uuid, hostname: agent.hostname, grace: params.graceS, token: params.token,
            by: call.operatorName))
      },
      .agentsRevoke: { call throws(APIError) in
        let params = try call.decode(Requests.Revoke.self)
        let agent = try find(params.agent)
        return try call.result(
          view(
            await self.revoke(
              agent.uuid, hostname: agent.hostname, reason: params.reason, by: call.operatorName)))
      },
      .agentsLabel: { call throws(APIError) in
        let params = try call.decode(Requests.Label.self)
        let agent = try find(params.agent)
        return try call.result(
          view(
            await self.label(
              agent.uuid, hostname: agent.hostname, set: params.set ?? [:], remove: params.remove ?? [],
              by: call.operatorName))
        )
      },
    ]
  }

  private var enrollmentHandlers: [APIMethod: APIHandler] {
    [
      .enrollmentsCreate: { call throws(APIError) in
        let params = try call.decode(Requests.CreateEnrollment.self)
        return try call.result(
          await self.createEnrollment(labels: params.labels, lifetime: params.ttlS, by: call.operatorName))
      },
      .enrollmentsList: { call throws(APIError) in
        try call.expectNoParameters()
        let newest = self.openEnrollments().sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        return try call.result(newest.prefix(Self.maximumListed).map(Self.view))
      },
      .enrollmentsRemove: { call throws(APIError) in
        let params = try call.decode(Requests.RemoveEnrollment.self)
        return try call.result(Self.view(await self.removeEnrollment(params.id, by: call.operatorName)))
      },
    ]
  }

  private var operatorHandlers: [APIMethod: APIHandler] {
    [
      .operatorsAdd: { call throws(APIError) in
        let params = try call.decode(Requests.Operator.self)
        return try call.result(
          await self.addOperator(
            params.name, role: params.role, replaces: params.replace ?? true, by: call.operatorName))
      },
      .operatorsList: { call throws(APIError) in
        try call.expectNoParameters()
        return try call.result(self.operators().map(Self.view))
      },
      .operatorsRemove: { call throws(APIError) in
        try RequestFault.expectOnly(["name"], in: call.params)
        let params = try call.decode(Requests.Operator.self)
        return try call.result(Self.view(await self.removeOperator(params.name, by: call.operatorName)))
      },
    ]
  }

  // MARK: Views

  /// The number of enrollment tokens in a list, the newest first.
  static let maximumListed = 1_000

  @Sendable private static func bareView(_ record: AgentRecord) -> AgentView {
    AgentView(uuid: record.uuid, status: record.isRevoked ? .revoked : .pending, labels: record.labels)
  }

  private static func view(_ record: EnrollmentRecord) -> Requests.EnrollmentView {
    Requests.EnrollmentView(
      id: record.shortID, labels: record.labels, createdBy: record.createdBy, expiresAt: record.expiresAt)
  }

  private static func view(_ record: OperatorRecord) -> Requests.Operator {
    Requests.Operator(name: record.name, role: record.role)
  }
}

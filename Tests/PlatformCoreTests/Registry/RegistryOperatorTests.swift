import NATSTesting
import PlatformAPI
import PlatformCore
import Testing

@Suite struct RegistryOperatorTests {
  @Test func operatorHasOneTokenAndARole() async throws {
    try await RegistryRig.runTwo { first, second in
      let unnamed = await apiError { try await first.registry.addOperator("ada", role: nil, by: "platform") }
      #expect(unnamed?.code == .invalid)
      let issued = try await first.registry.addOperator("ada", role: .admin, by: "platform")
      #expect(issued.subject == "ada" && TokenKind.of(issued.token) == .operator)
      #expect(first.registry.operatorRecord("ada")?.token.matches(issued.token) == true)
      #expect(try await second.registry.reread(operator: "ada")?.token.matches(issued.token) == true)
      let again = try await second.registry.addOperator("ada", role: nil, by: "ada")
      let record = try #require(second.registry.operatorRecord("ada"))
      #expect(
        record.role == .admin && record.token.matches(again.token) && !record.token.matches(issued.token))
    }
  }

  @Test func lastAdminCannotBeRemoved() async throws {
    try await RegistryRig.run { rig in
      let registry = rig.registry
      _ = try await registry.addOperator("ada", role: .admin, by: "platform")
      _ = try await registry.addOperator("bob", role: .viewer, by: "ada")
      #expect(await apiError { try await registry.removeOperator("ada", by: "ada") }?.code == .conflict)
      #expect(
        await apiError { try await registry.addOperator("ada", role: .viewer, by: "ada") }?.code == .conflict)
      _ = try await registry.addOperator("bob", role: .admin, by: "ada")
      let changes = registry.changes
      let removed = try await registry.removeOperator("ada", by: "bob")
      #expect(try await changes.first() == .operator(old: removed, new: nil))
      #expect(registry.operatorRecord("ada") == nil && registry.operators().map(\.name) == ["bob"])
      #expect(try await registry.reread(operator: "ada") == nil)
      #expect(await apiError { try await registry.removeOperator("ada", by: "bob") }?.code == .notFound)
      // The name can be used again.
      _ = try await registry.addOperator("ada", role: .viewer, by: "bob")
      #expect(registry.operatorRecord("ada")?.role == .viewer)
    }
  }
}

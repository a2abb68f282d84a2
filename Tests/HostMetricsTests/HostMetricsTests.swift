import HostMetrics
import Testing

@Suite struct RealMachineTests {
  @Test func telemetry() async {
    let sampler = TelemetrySampler(prober: MountProber())
    _ = await sampler.snapshot()
    let snapshot = await sampler.snapshot()
    print(snapshot)
    #expect(snapshot.problems == [])
  }

  @Test func query() async throws {
    let sampler = QuerySampler(prober: MountProber())
    print(try await sampler.snapshot(), HostIdentityReader().read(), try SelfUsage.current())
  }
}

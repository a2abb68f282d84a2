import AgentProtocol
import HostMetrics
import JSON
import LinuxMetrics

/// The queries `system.*`.
enum SystemOperation {
  /// All queries, in the order of the catalogue.
  ///
  /// - Parameter machineID: The id on the config drive; nil without a drive.
  static func queries(
    _ identity: HostIdentityReader, machineID: String?, _ sampler: QuerySampler
  ) -> [any Operation] {
    [Info(identity: identity, machineID: machineID)] + Query.all(sampler)
  }

  /// `system.info`: the identity of the machine.
  struct Info: Operation {
    let entry = CatalogueEntry("system.info", "Host name, operating system, kernel, uptime")
    let executionMode = ExecutionMode.immediate
    private let identity: HostIdentityReader
    private let machineID: String?

    /// - Parameter machineID: The id on the config drive; nil without a drive.
    init(identity: HostIdentityReader, machineID: String?) {
      self.identity = identity
      self.machineID = machineID
    }

    func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
      var object = identity.read().object
      object.append("vm_id", ifPresent: machineID.map(JSONValue.string))
      return .completed(.object(object))
    }
  }

  /// The queries that return the telemetry payload or a part of it.
  struct Query: Operation {
    let entry: CatalogueEntry
    let executionMode = ExecutionMode.immediate
    let queryCost: QueryCost
    private let read: @Sendable () async throws(MetricsError) -> JSONValue

    private init(
      _ operation: String, _ description: String, _ queryCost: QueryCost = .small,
      read: @escaping @Sendable () async throws(MetricsError) -> JSONValue
    ) {
      entry = CatalogueEntry(operation, description)
      self.queryCost = queryCost
      self.read = read
    }

    func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
      do {
        return .completed(try await read())
      } catch {
        return .failed(.failed, "\(error)")
      }
    }

    /// `system.metrics`, `system.cpu`, `system.memory`, `system.disk` and `system.network`, in the order of the catalogue.
    static func all(_ sampler: QuerySampler) -> [Query] {
      [
        Query("system.metrics", "All metrics of the machine", .shared(bytes: 4 << 20)) {
          () async throws(MetricsError) in
          try await sampler.snapshot().json
        },
        Query("system.cpu", "Processor usage and load") { () async throws(MetricsError) in
          try await sampler.cpu().json
        },
        Query("system.memory", "Memory usage") { () async throws(MetricsError) in
          try sampler.memory().json
        },
        Query("system.disk", "Disk usage and I/O", .shared(bytes: 2 << 20)) {
          () async throws(MetricsError) in
          .array(try await sampler.disks().map(\.json))
        },
        Query("system.network", "Network interfaces and their counters", .shared(bytes: 2 << 20)) {
          () async throws(MetricsError) in
          .array(try sampler.network().map(\.json))
        },
      ]
    }
  }
}

extension HostIdentity {
  fileprivate var object: JSONObject {
    [
      "hostname": .string(hostname), "os": .string(operatingSystem), "kernel_version": .string(kernelVersion),
      "architecture": .string(architecture), "uptime": JSONValue(uptimeSeconds),
      "boot_time": JSONValue(bootTime),
    ]
  }
}

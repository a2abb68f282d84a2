/// The metrics of `/metrics`. The names follow the conventions of Prometheus: the unit and `_total` at the end.
public enum PlatformMetric: String, Sendable, CaseIterable {
  // The fleet
  /// `plusclouds_agents`
  case agents = "plusclouds_agents"
  /// `plusclouds_alerts_open`
  case alertsOpen = "plusclouds_alerts_open"
  /// `plusclouds_commands_open`
  case commandsOpen = "plusclouds_commands_open"
  /// `plusclouds_commands_sent_total`
  case commandsSent = "plusclouds_commands_sent_total"
  /// `plusclouds_commands_ended_total`
  case commandsEnded = "plusclouds_commands_ended_total"
  /// `plusclouds_events_folded_total`
  case eventsFolded = "plusclouds_events_folded_total"
  /// `plusclouds_events_purged_bytes_total`
  case eventsPurged = "plusclouds_events_purged_bytes_total"
  /// `plusclouds_events_rejected_total`
  case eventsRejected = "plusclouds_events_rejected_total"
  /// `plusclouds_telemetry_truncated_total`
  case telemetryTruncated = "plusclouds_telemetry_truncated_total"
  // The platform
  /// `plusclouds_callout_responses_total`
  case calloutResponses = "plusclouds_callout_responses_total"
  /// `plusclouds_callout_throttled_total`
  case calloutThrottled = "plusclouds_callout_throttled_total"
  /// `plusclouds_callout_duration_seconds`
  case calloutDuration = "plusclouds_callout_duration_seconds"
  /// `plusclouds_api_requests_total`
  case apiRequests = "plusclouds_api_requests_total"
  /// `plusclouds_audit_lost_total`
  case auditLost = "plusclouds_audit_lost_total"
  /// `plusclouds_audit_suppressed_total`
  case auditSuppressed = "plusclouds_audit_suppressed_total"
  /// `plusclouds_leader`
  case leader = "plusclouds_leader"
  /// `plusclouds_stream_messages`
  case streamMessages = "plusclouds_stream_messages"
  /// `plusclouds_stream_bytes`
  case streamBytes = "plusclouds_stream_bytes"
  /// `plusclouds_stream_max_bytes`
  case streamMaxBytes = "plusclouds_stream_max_bytes"
  /// `plusclouds_store_writable`
  case storeWritable = "plusclouds_store_writable"
  /// `plusclouds_clock_offset_seconds`
  case clockOffset = "plusclouds_clock_offset_seconds"
  /// `plusclouds_nats_connected`
  case natsConnected = "plusclouds_nats_connected"
  /// `plusclouds_nats_reconnects_total`
  case natsReconnects = "plusclouds_nats_reconnects_total"
  /// `plusclouds_build_info`
  case buildInfo = "plusclouds_build_info"
  // The process, with the names of Prometheus' client libraries
  /// `process_cpu_seconds_total`
  case processCPU = "process_cpu_seconds_total"
  /// `process_resident_memory_bytes`
  case processMemory = "process_resident_memory_bytes"
  /// `process_open_fds`
  case processDescriptors = "process_open_fds"
  /// `process_max_fds`
  case processMaxDescriptors = "process_max_fds"
  /// `process_start_time_seconds`
  case processStart = "process_start_time_seconds"

  /// `gauge`, `counter` or `histogram`.
  public var kind: String {
    switch self {
    case .calloutDuration: "histogram"
    case .commandsSent, .commandsEnded, .eventsFolded, .eventsPurged, .eventsRejected, .telemetryTruncated,
      .calloutResponses, .calloutThrottled,
      .apiRequests,
      .auditLost, .auditSuppressed,
      .natsReconnects, .processCPU:
      "counter"
    default: "gauge"
    }
  }

  /// The text of `# HELP`.
  public var help: String {
    switch self {
    case .agents: "Agents by status."
    case .alertsOpen: "Open alerts of all agents by severity."
    case .commandsOpen: "Commands without a result by state."
    case .commandsSent: "Commands sent to agents by this instance, each attempt counted."
    case .commandsEnded: "Commands that ended, as recorded by this instance, by final state."
    case .eventsFolded: "Events of agents folded into the fleet state by this instance."
    case .eventsPurged:
      "Bytes of events removed because their agent exceeded its share; at most 16 agents are named."
    case .eventsRejected:
      "Events of agents rejected by this instance, by reason; the log names the agent."
    case .telemetryTruncated:
      "Telemetry whose lists the agent shortened to fit the limit; the log names the agent."
    case .calloutResponses: "Responses of this instance to auth callout requests, by outcome."
    case .calloutThrottled:
      "How often this instance began to throttle authentication failures; the log names user and address."
    case .calloutDuration: "Time from an auth callout request to the response of this instance."
    case .apiRequests: "API requests to this instance, by method and result."
    case .auditLost: "Entries of the audit record that this instance could not write."
    case .auditSuppressed:
      "Alarms suppressed in the audit record because there were too many; the log has them."
    case .leader: "1 if this instance holds the lease: it delivers commands and maintains the fleet state."
    case .streamMessages: "Messages in a stream."
    case .streamBytes: "Bytes in a stream."
    case .streamMaxBytes: "Limit of a stream in bytes. A full audit record rejects changes."
    case .storeWritable: "1 if JetStream stores the messages of this instance."
    case .clockOffset: "Offset of the clock of this instance, positive if it is ahead of the servers' clocks."
    case .natsConnected: "1 if the connection of this instance is established."
    case .natsReconnects: "Reconnects of this instance."
    case .buildInfo: "1, labelled with the version."
    case .processCPU: "CPU time of this process."
    case .processMemory: "Resident memory of this process."
    case .processDescriptors: "Open file descriptors of this process."
    case .processMaxDescriptors: "Limit of open file descriptors of this process."
    case .processStart: "Start time of this process in unix seconds."
    }
  }
}

// HostMetrics

// HostMetricsTests

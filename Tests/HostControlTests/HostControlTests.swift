// HostControlTests

// NATSTests
